"""Uploaded files: only those inside the upload folder, and gone after reading."""

import pytest

from emola.errors import ImageError
from emola.page_intake import uploaded_path


@pytest.fixture
def upload_folder(tmp_path, monkeypatch):
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_uploaded_file_is_deleted_after_reading(upload_folder):
    file = upload_folder / "a.png"
    file.write_bytes(b"x")
    with uploaded_path(str(file)) as path:
        assert path.read_bytes() == b"x"
    assert not file.exists()


def test_files_outside_the_upload_folder_are_refused(upload_folder, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("mine")
    link = upload_folder / "link.png"
    link.symlink_to(secret)
    for named in (str(secret), f"{upload_folder}/../secret.txt", str(link), "/etc/passwd", ""):
        with pytest.raises(ImageError), uploaded_path(named):
            pass
    assert secret.read_text() == "mine"
