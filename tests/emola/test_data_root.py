import pytest

from emola.data_root import find_data_root
from emola.errors import InputError


@pytest.fixture
def annotations(tmp_path):
    """A JSON below ``data`` with one picture in place, and a picture beside the JSON that no root may be found by."""
    folder = tmp_path / "data" / "FABAInstruct" / "eval"
    (folder / "images").mkdir(parents=True)
    for name in ("images/0.png", "other.png"):
        (folder / name).touch()
    return folder / "eval_au_anno.json"


@pytest.mark.parametrize("odd", ["{folder}/other.png", "../eval/other.png"])
def test_an_absolute_or_climbing_path_does_not_move_the_root_of_the_others(annotations, odd):
    odd = odd.format(folder=annotations.parent)
    good = "FABAInstruct/eval/images/0.png"
    assert find_data_root(annotations, [odd, good]) == annotations.parents[2]


def test_such_paths_alone_find_no_root(annotations):
    with pytest.raises(InputError, match="None of the pictures"):
        find_data_root(annotations, [str(annotations.parent / "other.png"), "../eval/other.png"], "--root")
