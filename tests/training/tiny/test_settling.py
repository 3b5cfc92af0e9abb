"""What the answers of the last stage are written from: the model's own reading, unit by unit."""

import pytest
import torch

from emola.prompt import IMAGE_TOKEN
from emola.taxonomy import ACTION_UNITS, Side
from training.synthetic.occlusion import HIDDEN
from training.synthetic.truth import Truth, UnitTruth, exclusive_pairs
from training.tiny.config import TinyConfig
from training.tiny.language import LanguageTrainee
from training.tiny.model import build_model
from training.tiny.settling import READ_INTENSITY, Reader, told_as_read
from training.tiny.vocabulary import make_tokenizer, special_ids


def logits(**read: float) -> list[float]:
    """Return the logits of the 20 units: those of AU12=... as given, -1 for all others."""
    return [read.get(f"AU{number}", -1.0) for number in ACTION_UNITS]


def shown(**units: float) -> Truth:
    return Truth({int(name[2:]): UnitTruth(value) for name, value in units.items()}, "happiness", None, 0.5)


def test_what_is_there_and_read_keeps_its_intensity_and_side() -> None:
    truth = Truth({12: UnitTruth(0.9, Side.LEFT), 25: UnitTruth(0.5)}, "happiness", None, 0.5)
    told = told_as_read(truth, logits(AU12=0.1))
    assert told.action_units == {12: UnitTruth(0.9, Side.LEFT)}, "AU25 is not read, so it is not told"
    assert told.emotion == "happiness"


def test_what_is_read_and_not_there_is_told_as_slight() -> None:
    told = told_as_read(shown(AU12=0.7), logits(AU12=2.0, AU25=0.5))
    assert told.action_units[25] == UnitTruth(READ_INTENSITY) and told.action_units[25].letter == "B"


def test_a_trace_that_no_description_names_is_told_like_any_other_unit() -> None:
    assert told_as_read(shown(AU12=0.1), logits(AU12=1.0)).action_units == {12: UnitTruth(READ_INTENSITY)}


def test_nothing_read_is_a_neutral_face() -> None:
    told = told_as_read(shown(AU12=0.9, AU6=0.9), logits())
    assert (told.action_units, told.emotion, told.strength) == ({}, "neutral", 0.0)


def test_the_emotion_is_that_of_the_units_read() -> None:
    """Nose wrinkler and chin raiser are a prototype of disgust, whatever the face was drawn from."""
    assert told_as_read(shown(AU12=0.9), logits(AU9=1.0, AU17=1.0)).emotion == "disgust"


def test_hidden_units_are_never_told() -> None:
    truth = Truth({}, "neutral", None, 0.0, "mask")
    told = told_as_read(truth, [1.0 if number in HIDDEN["mask"] else -1.0 for number in ACTION_UNITS])
    assert told.action_units == {} and told.hidden == truth.hidden


@pytest.mark.parametrize("pair", exclusive_pairs())
def test_of_two_units_that_exclude_each_other_the_likelier_is_told(pair: tuple[int, int]) -> None:
    for likely, other in (pair, pair[::-1]):
        told = told_as_read(shown(), logits(**{f"AU{likely}": 2.0, f"AU{other}": 1.0}))
        assert set(told.action_units) == {likely}


@pytest.fixture(scope="module")
def trainee_and_tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("settling")
    config = TinyConfig(folder, folder, vocabulary=600, vocabulary_texts=100).miniature(folder, folder)
    tokenizer = make_tokenizer(config, folder)
    torch.manual_seed(2)
    model = build_model(config, len(tokenizer), special_ids(tokenizer))
    return LanguageTrainee(model, torch.zeros(212), torch.ones(212)), tokenizer


@pytest.mark.parametrize(("picture", "prior"), [(True, True), (True, False), (False, True)])
def test_a_reader_stays_as_its_trainee_was(trainee_and_tokenizer, picture: bool, prior: bool) -> None:
    """Whatever is learnt later, so that a resumed run tells the same."""
    trainee, tokenizer = trainee_and_tokenizer
    with torch.no_grad():
        trainee.units.bias.copy_(torch.tensor(logits(AU1=9.0, AU12=9.0)))
    reader = Reader(trainee, tokenizer)
    with torch.no_grad():
        trainee.units.bias.fill_(-9.0)
    truths = [shown(AU12=0.7), shown(AU4=0.7), shown()]
    told = reader(torch.rand(3, 3, 112, 112) if picture else None, torch.rand(3, 212) if prior else None, truths)
    assert [set(truth.action_units) >= {1, 12} for truth in told] == [True] * 3
    assert told[0].action_units[12].intensity == 0.7
    assert tokenizer.convert_tokens_to_ids(IMAGE_TOKEN) == trainee.model.config.image_token_index
