"""What ``python -m training.annotate`` refuses to start with, and that it asks before it sends."""

import io

import pytest

from emola.errors import InputError
from training.annotate.__main__ import _parser, endpoint_settings
from training.annotate.estimate import Prices, estimate, picture_tokens


def test_nothing_is_sent_before_it_is_confirmed(annotate, endpoint, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert annotate(yes=False) == 2
    shown = capsys.readouterr()
    assert "cost unknown" in shown.out
    assert "--yes" in shown.err
    assert endpoint.seen == []


def test_answers_of_another_model_or_seed_are_not_mixed(annotate, capsys):
    annotate("--task", "au")
    assert annotate("--task", "au", "--model", "other") == 2
    assert "model 'fake', not 'other'" in capsys.readouterr().err
    assert annotate("--task", "au", "--seed", 5) == 2


def test_wrong_options_are_reported_together(annotate, capsys):
    numbers = ("--concurrency", 0, "--attempts", 0, "--limit", -2, "--temperature", -3, "--price-input", -1)
    assert annotate(*numbers, "--price-output", "nan", "--backoff", 0, "--images", "/nowhere") == 2
    assert capsys.readouterr().err == (
        "This cannot be started: --concurrency must be positive, not 0; --attempts must be positive, not 0; "
        "--limit must be positive, not -2; --temperature must be 0 or more, not -3; "
        "--price-input must be 0 or more, not -1; --price-output must be 0 or more, not nan; "
        "there is no folder /nowhere.\n"
    )


@pytest.mark.parametrize(
    "url", ["api.openai.com/v1", "ftp://x/v1", "https://user:secret@x/v1", "https://x/v1?key=secret"]
)
def test_an_address_that_cannot_be_or_hides_a_secret_is_refused(url):
    options = _parser().parse_args(["--images", "i", "--out", "o", "--url", url, "--model", "m"])
    with pytest.raises(InputError, match="--url"):
        endpoint_settings(options, {"OPENAI_API_KEY": "sk-secret"})


def test_a_missing_key_names_its_variable():
    options = ["--images", "i", "--out", "o", "--url", "http://x/v1", "--model", "m"]
    with pytest.raises(InputError, match="MY_KEY"):
        endpoint_settings(_parser().parse_args([*options, "--key-variable", "MY_KEY"]), {})
    assert endpoint_settings(_parser().parse_args([*options, "--no-key"]), {"OPENAI_API_KEY": "sk-secret"}).key == ""


def test_the_estimate_is_the_hand_worked_one():
    assert [picture_tokens(side) for side in (336, 512, 513, 1024)] == [255, 255, 765, 765]
    found = estimate(["emotion"] * 10, per_picture=255, max_tokens=600, prices=Prices(2.0, 10.0))
    assert found.requests == 10
    assert found.output_tokens == 700  # 10 answers of 50 words at 1.4 tokens
    assert found.input_tokens > 10 * 255
    assert found.cost == pytest.approx((found.input_tokens * 2 + 700 * 10) / 1e6, rel=1e-3)
    assert estimate(["au"], 255, 100, Prices()).output_tokens == 100
    assert "cost unknown" in estimate(["au"], 255, 100, Prices(input=1.0)).summary()
