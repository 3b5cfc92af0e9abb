r"""``python -m training.annotate``: describe new pictures through any OpenAI-compatible vision endpoint.

    OPENAI_API_KEY=... python -m training.annotate --images faces --out faces/described \
        --url https://api.openai.com/v1 --model gpt-4o --price-input 2.50 --price-output 10

The key is read from an environment variable and goes nowhere but to the endpoint. The number of pictures and requests,
the expected tokens and cost are shown first; nothing is sent before they are confirmed. Safe to kill: the same command
continues where it stopped. Results:

    OUT/answers.jsonl            every outcome: described, refused, empty, too long, broken picture, failed
    OUT/{emotion,au}_anno.json   the descriptions in FABA-Instruct's form, paths relative to the pictures' folder
    OUT/run.json                 what the answers depend on; another model or seed needs another folder
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emola.errors import InputError, ResourceError
from emola.exit_code import exit_code
from emola.priors_command import list_pictures
from training.annotate.describing import AnnotationPlan, count_outcomes, describe_pictures, write_annotations
from training.annotate.endpoint import EndpointSettings
from training.annotate.estimate import Prices, estimate, picture_tokens
from training.annotate.journal import FAILED, Journal
from training.annotate.messages import load_prompts
from training.data.records import Task

JOURNAL = "answers.jsonl"
_RUN_FILE = "run.json"


def _parser() -> argparse.ArgumentParser:
    """Return the parser."""
    parser = argparse.ArgumentParser(
        prog="python -m training.annotate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, metavar="DIR", help="folder of pictures, one face each")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the run")
    parser.add_argument("--url", required=True, help="base address, before /chat/completions")
    parser.add_argument("--model", required=True, help="the model's name there")
    parser.add_argument("--task", choices=["emotion", "au", "both"], default="both", help="what to ask for")
    parser.add_argument("--seed", type=int, default=0, help="seed of the questions (default 0)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N pictures")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--key-variable", default="OPENAI_API_KEY", metavar="NAME", help="environment variable of the key")
    key.add_argument("--no-key", action="store_true", help="the endpoint needs no key")
    parser.add_argument("--yes", action="store_true", help="start without asking")
    parser.add_argument("--price-input", type=float, metavar="P", help="price of a million input tokens")
    parser.add_argument("--price-output", type=float, metavar="P", help="price of a million output tokens")
    parser.add_argument("--image-tokens", type=int, metavar="N", help="tokens per picture (default: GPT-4o's rule)")
    parser.add_argument("--max-side", type=int, default=512, metavar="PX", help="pictures are scaled down to this")
    parser.add_argument("--max-tokens", type=int, default=600, help="longest answer (default 600)")
    limits = ["max_tokens", "max_completion_tokens"]
    parser.add_argument("--limit-name", choices=limits, default=limits[0], help="what the endpoint calls that limit")
    parser.add_argument("--temperature", type=float, help="default: the endpoint's own")
    parser.add_argument("--concurrency", type=int, default=4, metavar="N", help="requests at a time (default 4)")
    parser.add_argument("--requests-per-minute", type=float, metavar="N", help="default: no limit")
    parser.add_argument("--attempts", type=int, default=8, metavar="N", help="tries per request (default 8)")
    parser.add_argument("--backoff", type=float, default=1.0, metavar="S", help="first pause between tries (default 1)")
    parser.add_argument("--timeout", type=float, default=120.0, metavar="S", help="seconds per request (default 120)")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Describe pictures; return 0, 1 (failed or some requests without an answer) or 2 (bad input)."""
    options = _parser().parse_args(arguments)
    return exit_code(lambda: _run(options), "Stopped; the same command continues.")


def _run(options: argparse.Namespace) -> int:
    """Describe pictures; a disk that is full or not writable ends the run with a sentence."""
    try:
        return _describe(options)
    except OSError as error:
        reason = error.strerror or error
        raise ResourceError(f"The run in {options.out} could not be written: {reason}.") from error


def _describe(options: argparse.Namespace) -> int:
    """Say what is about to be sent, send it once that is confirmed, and write the answers."""
    plan, settings = _plan(options), endpoint_settings(options, os.environ)
    prices = Prices(options.price_input, options.price_output)
    options.out.mkdir(parents=True, exist_ok=True)
    _claim(options.out, plan, settings)
    with Journal(options.out / JOURNAL) as journal:
        pending = plan.pending(journal)
        if pending:
            per_picture = options.image_tokens or picture_tokens(plan.max_side)
            expected = estimate([task for _, task in pending], per_picture, settings.max_tokens, prices)
            pictures = len({image for image, _ in pending})
            print(f"{pictures:,} pictures of faces go to {urlsplit(settings.url).netloc}, model {settings.model}.")
            print(expected.summary(), flush=True)
            _confirm(options.yes)
        try:
            describe_pictures(plan, settings, journal)
        finally:
            entries = [journal.entries[key] for key in plan.requests() if key in journal.entries]
            written = write_annotations(plan, entries, options.out)
    counts, tokens_in, tokens_out = count_outcomes(entries)
    print(", ".join(f"{count} {status}" for status, count in counts.items()) + ".")
    if tokens_in or tokens_out:
        cost = prices.cost(tokens_in, tokens_out)
        print(f"The endpoint counted {tokens_in:,} input and {tokens_out:,} output tokens" + _in_money(cost) + ".")
    for task, count in written.items():
        print(f"{options.out / f'{task}_anno.json'}: {count} records")
    return 1 if FAILED in counts else 0


def endpoint_settings(options: argparse.Namespace, environment: Mapping[str, str]) -> EndpointSettings:
    """Return how to reach the endpoint; the key comes from the environment.

    Raises:
        InputError: the address is no http address or holds a secret, or the key's variable is empty.
    """
    address = urlsplit(options.url)
    if address.scheme not in ("http", "https") or not address.netloc:
        raise InputError(f"--url must be an address such as https://api.openai.com/v1, not {options.url!r}.")
    if "@" in address.netloc or address.query or address.fragment:
        raise InputError("--url may hold no user name, password or query; the key goes into an environment variable.")
    key = "" if options.no_key else environment.get(options.key_variable, "").strip()
    if not key and not options.no_key:
        raise InputError(
            f"The environment variable {options.key_variable} holds no key; set it, or give --no-key if none is needed."
        )
    return EndpointSettings(
        url=options.url,
        model=options.model,
        key=key,
        key_variable=options.key_variable,
        max_tokens=options.max_tokens,
        limit_name=options.limit_name,
        temperature=options.temperature,
        timeout_s=options.timeout,
        attempts=options.attempts,
        backoff_s=options.backoff,
        requests_per_minute=options.requests_per_minute,
    )


def _plan(options: argparse.Namespace) -> AnnotationPlan:
    """Return what to ask, with every wrong number reported at once."""
    problems = _wrong_numbers(options)
    if not options.images.is_dir():
        problems.append(f"there is no folder {options.images}")
    if problems:
        raise InputError(f"This cannot be started: {'; '.join(problems)}.")
    root = options.images.resolve()
    images = tuple(list_pictures(root)[: options.limit])
    if not images:
        raise InputError(f"{options.images} holds no pictures.")
    tasks: tuple[Task, ...] = ("emotion", "au") if options.task == "both" else (options.task,)
    return AnnotationPlan(root, images, tasks, options.seed, options.max_side, options.concurrency)


def _wrong_numbers(options: argparse.Namespace) -> list[str]:
    """Return what is wrong with every number that cannot be; one that was left out cannot be wrong."""
    above_zero = ["concurrency", "attempts", "timeout", "max_tokens", "max_side"]
    above_zero += ["limit", "requests_per_minute", "image_tokens"]
    from_zero = ["backoff", "temperature", "price_input", "price_output"]
    given = {name: value for name in (*above_zero, *from_zero) if (value := getattr(options, name)) is not None}
    wrong = {name: "positive" for name, value in given.items() if name in above_zero and not value > 0}
    wrong |= {name: "0 or more" for name, value in given.items() if name in from_zero and not value >= 0}
    return [f"--{name.replace('_', '-')} must be {words}, not {given[name]:g}" for name, words in wrong.items()]


def _claim(out: Path, plan: AnnotationPlan, settings: EndpointSettings) -> None:
    """Write what the answers depend on, or check that the folder's answers depend on the same."""
    wanted: dict[str, Any] = {
        "url": settings.url,
        "model": settings.model,
        "prompts_version": load_prompts()["version"],
        "seed": plan.seed,
        "max_side": plan.max_side,
        "root": str(plan.root),
    }
    path = out / _RUN_FILE
    if not path.is_file():
        path.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged; choose another --out.") from error
    for name, value in wanted.items():
        if found.get(name) != value:
            there = f"{out} holds answers with {name} {found.get(name)!r}"
            raise InputError(f"{there}, not {value!r}; choose another --out.")


def _confirm(yes: bool) -> None:
    """Ask whether to start, unless that was said on the command line."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError("Nothing was sent: give --yes to start without being asked.")
    if input("Start? [y/N] ").strip().lower() not in ("y", "yes"):
        raise InputError("Nothing was sent.")


def _in_money(cost: float | None) -> str:
    return "" if cost is None else f", {cost:,.2f} at the prices given"


if __name__ == "__main__":
    sys.exit(main())
