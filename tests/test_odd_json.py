"""Files of JSON that Python's own reader refuses in other ways than by JSONDecodeError, and byte order marks."""

import json

import pytest

from emola.errors import EmolaError
from emola.faces_command import _listed
from emola.model.storage.json_file import read_json_object
from emola.prior_manifest import MANIFEST, read_manifest
from emola.priors_command import read_records as read_prior_records
from review.release_folder import read_manifest as read_release_manifest
from training.annotate.replies import UnusableReply, read_whole
from training.benchmark.journal import read_journal
from training.benchmark.questions import read_records
from training.data.samples import read_faba
from training.lora.pairs import read_pairs
from training.settings import ConfigFaults, read_settings

ENDLESS = b'{"n": ' + b"9" * 5000 + b"}"
DEEP = b"[" * 200_000


@pytest.mark.parametrize("content", [ENDLESS, DEEP], ids=["endless number", "deep"])
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("config.json", read_json_object),
        (MANIFEST, lambda path: read_manifest(path.parent)),
        ("faba.json", read_prior_records),
        ("manifest.json", lambda path: read_release_manifest(path.parent)),
        ("faba.json", read_records),
        ("faba.json", lambda path: read_faba(path, path.parent, task="au", prior_dim=None)),
        ("pairs.json", lambda path: read_pairs(path, path.parent, None, None)),
        ("journal.jsonl", read_journal),
    ],
)
def test_odd_json_is_one_sentence(name, read, content, tmp_path):
    (tmp_path / name).write_bytes(content + b"\n")
    with pytest.raises(EmolaError, match=name):
        read(tmp_path / name)


@pytest.mark.parametrize("content", [ENDLESS, DEEP], ids=["endless number", "deep"])
def test_an_odd_reply_is_unusable(content):
    with pytest.raises(UnusableReply, match="no JSON"):
        read_whole(content)


def test_a_byte_order_mark_is_no_part_of_a_json_or_a_list(tmp_path):
    path, records = tmp_path / "faba.json", [{"image": "a.png"}]
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(records).encode())
    assert read_prior_records(path) == records
    path.write_bytes(b"\xef\xbb\xbfa.png\nb.png\n")
    assert _listed(path, tmp_path) == ["a.png", "b.png"]


def test_impossible_token_counts_are_left_out():
    usage = {"prompt_tokens": -5, "completion_tokens": 10**30, "total_tokens": 7, "cached": True}
    choices = [{"message": {"content": "A face."}, "finish_reason": "stop"}]
    body = json.dumps({"choices": choices, "usage": usage})
    assert read_whole(body.encode()).usage == {"total_tokens": 7}


def test_a_folder_as_configuration_is_called_a_folder(tmp_path):
    with pytest.raises(EmolaError, match="is a folder"):
        read_settings(tmp_path, [], ConfigFaults("it"))
