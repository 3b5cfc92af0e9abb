"""Splits stored descriptions into claims and lints them; what is done is kept, so that a killed run goes on."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from review.claims import VERSION, parse_claims
from review.database import Database
from review.lint import lint, lint_version
from review.store.parsed import DescriptionText, ParsedText, load_texts, store_parsed, unparsed_ids

BATCH = 250
"""Descriptions in one transaction; splitting them takes about a second."""


def parse_descriptions(
    database: Database, *, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> int:
    """Split every description that this version has not split yet; return how many.

    A description that somebody has a review of keeps its claims, whatever version made them.

    Args:
        database: upgraded.
        workers: processes; worth their start from some thousand descriptions on.
        progress: called with how many are done and how many there were to do.
    """
    version = parser_version()
    with database.read() as session:
        left = unparsed_ids(session, version=version)
    done = 0
    for parsed in _parse_batches(database, left, workers):
        with database.write() as session:
            store_parsed(session, parsed=parsed, version=version, lint_version=lint_version())
        done += len(parsed)
        if progress:
            progress(done, len(left))
    return done


def parser_version() -> str:
    """Return the version of claims and lint, stored with every description that they were made for."""
    return f"claims {VERSION}; {lint_version()}"


def parse_text(text: DescriptionText) -> ParsedText:
    """Return the claims and faults of one description."""
    claims = parse_claims(text.text, text.task)
    return ParsedText(text.description_id, claims, tuple(lint(text.text, claims, text.task)))


def _parse_batches(database: Database, left: Sequence[int], workers: int) -> Iterator[list[ParsedText]]:
    batches = (left[start : start + BATCH] for start in range(0, len(left), BATCH))
    if workers <= 1 or len(left) <= BATCH:
        for batch in batches:
            yield [parse_text(text) for text in _texts(database, batch)]
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for batch in batches:
            yield list(pool.map(parse_text, _texts(database, batch), chunksize=max(1, BATCH // (4 * workers))))


def _texts(database: Database, ids: Sequence[int]) -> list[DescriptionText]:
    with database.read() as session:
        return load_texts(session, ids=ids)
