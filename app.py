"""EmoLA studio: parse the arguments, build the pages, serve them, then load in the background what is heavy.

Here, and only here, the review and the training meet: each gets functions of the other.
"""

import argparse
import difflib
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

from emola import __version__
from emola.errors import EmolaError, InputError
from emola.exit_code import exit_code
from emola.shelf import TINY, ModelShelf, load_source
from training.jobs.places import default_runs

if TYPE_CHECKING:
    import gradio as gr
    from starlette.requests import Request

    from emola.page_sending import Send
    from emola.page_studio import Studio
    from review.database import Database
    from review.page_access import Access
    from review.snapshots import SnapshotKeeper

MAX_UPLOAD = "200mb"
COMMANDS = ("loop",)
EPILOG = """\
command:
  loop      corrections become a release, a LoRA, a score beside the old one, an adapter for the demo
example:
  python app.py loop --sample 150 --limit 75
"""
SAMPLE_FACES = 60
SAMPLE_WRONG = 0.35
"""Rendered faces of the sample project, and the share of their descriptions with a planted error."""

Say = Callable[[str], None]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    place = os.environ.get
    host = place("GRADIO_SERVER_NAME", "0.0.0.0" if "SPACE_ID" in os.environ else "127.0.0.1")
    parser = argparse.ArgumentParser(
        prog="python app.py",
        description="EmoLA studio: faces described in words.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"EmoLA studio {__version__}")
    models = "folder or hub id of a model, BASE+ADAPTER for an adapter; repeat it to compare (default: EmoLA-tiny)"
    parser.add_argument("--model", action="append", metavar="M", help=models)
    parser.add_argument("--host", default=host, help="default: %(default)s")
    port = place("GRADIO_SERVER_PORT", "7860")
    parser.add_argument("--port", type=int, default=port, help="default: %(default)s")
    database = "review database: a file or postgresql://... (default: EMOLA_DB, else review.db)"
    parser.add_argument("--db", default=place("EMOLA_DB", "review.db"), metavar="URL", help=database)
    files = "sample project, faces sent, releases (default: %(default)s; EMOLA_FILES)"
    folder = Path(place("EMOLA_FILES", "review-files"))
    parser.add_argument("--files", type=Path, default=folder, metavar="DIR", help=files)
    runs = "training and benchmark runs (default: %(default)s; EMOLA_RUNS)"
    parser.add_argument("--runs", type=Path, default=default_runs(), metavar="DIR", help=runs)
    kept = place("EMOLA_SNAPSHOTS")
    snapshots = "copy the database there while it changes, restore it from there at the start (EMOLA_SNAPSHOTS)"
    parser.add_argument("--snapshots", type=Path, default=Path(kept) if kept else None, metavar="DIR", help=snapshots)
    parser.add_argument("--no-sample", action="store_true", help="leave an empty review database empty")
    parser.add_argument("--quantization", choices=["4bit", "8bit"], help="load with bitsandbytes; needs a GPU")
    parser.add_argument("--face-models", type=Path, metavar="DIR", help="an InsightFace model pack on disk")
    parser.add_argument("--any-model", action="store_true", help="let visitors load any folder or hub id to compare")
    login = "ask for the login of a review user; without either, only hosts other than this machine need it"
    parser.add_argument("--auth", action=argparse.BooleanOptionalAction, default=None, help=login)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the studio until it is stopped, or run the loop; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["loop"]:
        return exit_code(partial(loop, words[1:]), "Stopped; the same command goes on.")
    if words and not words[0].startswith("-"):
        return exit_code(partial(refuse_command, words[0]))
    return exit_code(partial(serve, parse(words)))


def loop(arguments: Sequence[str]) -> None:
    """Run one turn of the loop."""
    from review.loop_releases import corrected_sample, find_for_loop, make_for_loop, shown
    from training.loop.command import ReviewSide, run_command

    run_command(arguments, ReviewSide(find_for_loop, make_for_loop, corrected_sample, shown))


def refuse_command(word: str) -> None:
    """Raise InputError for a word that is no command, naming the one that was meant."""
    near = difflib.get_close_matches(word.lower(), COMMANDS, n=1)
    meant = f"did you mean python app.py {near[0]}?" if near else "python app.py --help shows what there is."
    raise InputError(f"There is no command {word!r}; {meant}")


def serve(options: argparse.Namespace) -> None:
    """Open the port with pages that say what they wait for, then load what is heavy and wait."""
    from emola.faces.packs import find_pack

    # Read when torch is imported, here and in jobs: a thread that waits for another sleeps, instead of keeping a core
    # from the server and the browser (on two busy cores an answer took six times as long).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    check_port(options.host, options.port)
    find_pack(options.face_models)  # a pack that cannot be used is said now, not on the page
    say = partial(print, file=sys.stderr, flush=True)
    database, access, keeper = open_review(options, say)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what follows is still done when a Space stops
    try:
        serve_pages(options, database, access, say)
    finally:
        if keeper is not None:
            keeper.stop()
        gc.freeze()  # else Python's end looks through every object of torch once more: 3 s of work


def serve_pages(options: argparse.Namespace, database: "Database", access: "Access | None", say: Say) -> None:
    """Build the studio and its pages, then load what is heavy and wait."""
    from emola.page_studio import Studio
    from emola.spaces_gpu import on_zero_gpu
    from review.sample_project import SampleProject
    from training.loop.turn import find_adapters
    from training.origin import origin_of

    shelf = ModelShelf(options.model or [str(TINY)], load=partial(load_source, quantization=options.quantization))
    studio = Studio(shelf, options.face_models, partial(find_adapters, options.runs), origin_of)
    if on_zero_gpu():
        studio.load_now(say)
    sample = SampleProject(database, options.files / "sample", render_sample, say)
    page = open_pages(options, studio, database, access, sample.preparing)
    say(f"EmoLA studio is on {page.local_url} (stop it with Ctrl+C).")
    warm_up = studio.warm_up(report=say)
    if access is not None and not options.no_sample:
        sample.start(warm_up)
    page.block_thread()


def open_pages(
    options: argparse.Namespace,
    studio: "Studio",
    database: "Database",
    access: "Access | None",
    preparing: Callable[[], bool],
) -> "gr.Blocks":
    """Build every page and open the port."""
    from emola.page import build_page  # gradio, three seconds: after the arguments have proved good
    from emola.page_theme import asset, page_head, studio_theme
    from review.page import build_review_pages
    from training.benchmark.run_listing import finished_runs

    send = None if access is None else send_to_review(database, access, options.files / "sent")
    page = build_page(studio, options.any_model, send, studio_tabs(options, database, access))
    extra: dict[str, Any] = {}
    css = asset("studio.css")
    if access is not None:
        runs = partial(finished_runs, options.runs)
        review = build_review_pages(page, database, access, options.files / "releases", runs, preparing)
        extra = {"app_kwargs": {"routes": review.routes, "middleware": review.middleware}}
        extra |= {"auth": access.check_login, "auth_message": access.message} if access.needs_password else {}
        css += review.css
    page.queue(default_concurrency_limit=8, max_size=64).launch(
        server_name=options.host,
        server_port=options.port,
        share=False,
        ssr_mode=False,
        max_file_size=MAX_UPLOAD,
        footer_links=[],
        prevent_thread_lock=True,
        quiet=True,
        theme=studio_theme(),
        css=css,
        head=page_head(),
        **extra,
    )
    return page


def open_review(options: argparse.Namespace, say: Say) -> "tuple[Database, Access | None, SnapshotKeeper | None]":
    """Open the review database, from its newest snapshot where there are such, and decide who may come in.

    Returns:
        The database; None for the access where faces may not be shown: on other hosts than this machine unless
        there is a login, so that the demo alone is served there; and what takes snapshots, if that was asked for.

    Raises:
        InputError: the database cannot be used, or ``--auth`` was asked for and there is no user.
    """
    from review.database import Database
    from review.page_access import Access
    from review.releasing import recover_releases
    from review.snapshots import SnapshotKeeper, restore_newest
    from training.benchmark.rouge_l import rouge_f

    said = []
    if options.snapshots is not None:
        if "://" in options.db:
            raise InputError("--snapshots is for a database file; a PostgreSQL server has backups of its own.")
        said += restore_newest(options.snapshots, Path(options.db))
    database = Database(options.db, rouge_f)
    database.upgrade()
    said += recover_releases(database)
    keeper = None if options.snapshots is None else SnapshotKeeper(database, options.snapshots)
    if keeper is not None:
        keeper.start()
    for sentence in said:
        say(sentence)
    try:
        return database, Access.choose(database, host=options.host, login=options.auth), keeper
    except InputError as error:
        if options.auth:
            raise
        say(f"The review pages are not served. {error}")
        return database, None, keeper


def send_to_review(database: "Database", access: "Access", folder: Path) -> "Send":
    """Return the function behind "Send to review"."""
    from emola.page_sending import Sent, Submission

    def send(sent: Submission, request: "Request") -> Sent:
        from review.sending import add_description, offer_for_review

        user = access.of_request(request)
        with database.write() as session:
            added = [
                add_description(
                    session,
                    image_bytes=sent.face,
                    text=text,
                    task=task,
                    origin_model=sent.model,
                    prompt=sent.prompts[task],
                    actor_id=user.id,
                    images_dir=folder,
                )
                for task, text in sent.texts.items()
            ]
            campaigns = {offer_for_review(session, description_id=one, actor_id=user.id).name for one in added}
        place = f"in the campaign “{campaigns.pop()}”, which every reviewer sees"
        numbers = " and ".join(f"description {number}" for number in added)
        return Sent(f"Kept for review as {numbers}, {place}.", f"./review?description={added[0]}")

    return send


def studio_tabs(options: argparse.Namespace, database: "Database", access: "Access | None") -> list[Any]:
    """Return what builds the tabs of benchmark runs and of training: leads start jobs, reviewers see faces and logs."""
    from review.blind_offers import BlindOffers
    from review.loop_releases import complete_releases
    from training.page_tabs import runs_tab, train_tab

    os.environ["EMOLA_DB"] = options.db  # for the commands of jobs; an argument would show a server's password
    blind = None if access is None else BlindOffers(database, access.who)
    may_start = (lambda _: False) if blind is None else blind.may_ask
    shown = blind, (lambda _: False) if access is None else access.may_see_faces
    bases, releases = options.model or [str(TINY)], partial(complete_releases, database)
    return [runs_tab(options.runs, *shown), train_tab(options.runs, options.files, bases, releases, may_start, *shown)]


def render_sample(folder: Path) -> None:
    """Render the faces of the sample project with their texts, some with a planted error, and measure them."""
    from training.synthetic.dataset import DatasetPlan, make_dataset
    from training.synthetic.wrong import WrongPlan

    make_dataset(DatasetPlan(folder, SAMPLE_FACES, 11, WrongPlan(SAMPLE_WRONG)), progress=lambda *_: None)
    measure = [sys.executable, "-m", "emola", "faces", str(folder), "--out", str(folder / "faces.jsonl")]
    done = subprocess.run(measure, capture_output=True, text=True)
    if done.returncode:
        raise EmolaError(done.stderr.strip().splitlines()[-1])


def check_port(host: str, port: int) -> None:
    """Raise InputError with one sentence when the address cannot be served."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise InputError(f"{host}:{port} cannot be used ({error}); choose another --host or --port.") from error


if __name__ == "__main__":
    sys.exit(main())
