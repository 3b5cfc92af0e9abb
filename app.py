"""EmoLA studio: parse the arguments, build the page, serve it, then load the models in the background."""

import argparse
import functools
import os
import socket
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

from emola import __version__
from emola.errors import EmolaError, InputError
from emola.shelf import TINY, ModelShelf, load_source

MAX_UPLOAD = "200mb"
ACCOUNTS = "EMOLA_ACCOUNTS"
"""Environment variable with the accounts of ``--auth`` as NAME:PASSWORD, several separated by commas."""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    on_space = "SPACE_ID" in os.environ
    parser = argparse.ArgumentParser(prog="python app.py", description="EmoLA studio: faces described in words.")
    parser.add_argument("--version", action="version", version=f"EmoLA studio {__version__}")
    parser.add_argument(
        "--model",
        action="append",
        metavar="M",
        help="folder or hub id of a model, BASE+ADAPTER for an adapter; repeat it to compare (default: EmoLA-tiny)",
    )
    parser.add_argument("--host", default="0.0.0.0" if on_space else "127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=int, default=7860, help="default: %(default)s")
    parser.add_argument("--quantization", choices=["4bit", "8bit"], help="load with bitsandbytes; needs a GPU")
    parser.add_argument("--face-models", type=Path, metavar="DIR", help="an InsightFace model pack on disk")
    parser.add_argument("--any-model", action="store_true", help="let visitors load any folder or hub id to compare")
    parser.add_argument(
        "--auth",
        action=argparse.BooleanOptionalAction,
        default=False,
        help=f"ask for a name and password of {ACCOUNTS}",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the studio until it is stopped; return the exit code."""
    options = parse(arguments)
    try:
        accounts = read_accounts() if options.auth else None
        check_port(options.host, options.port)
        serve(options, accounts)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except EmolaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def serve(options: argparse.Namespace, accounts: list[tuple[str, str]] | None) -> None:
    """Build the page, open the port, then load what is heavy and wait."""
    from emola.faces.packs import find_pack

    find_pack(options.face_models)  # a pack that cannot be used is said now, not on the page
    import gradio as gr  # three seconds: after the arguments have proved good

    from emola.page import build_page
    from emola.page_studio import Studio
    from emola.page_theme import asset, page_head, studio_theme
    from emola.spaces_gpu import on_zero_gpu

    say = functools.partial(print, file=sys.stderr, flush=True)
    load = partial(load_source, quantization=options.quantization)
    studio = Studio(ModelShelf(options.model or [str(TINY)], load=load), options.face_models)
    if on_zero_gpu():
        studio.load_now(say)
    page: gr.Blocks = build_page(studio, options.any_model).queue(default_concurrency_limit=8, max_size=64)
    page.launch(
        server_name=options.host,
        server_port=options.port,
        auth=accounts,
        share=False,
        ssr_mode=False,
        max_file_size=MAX_UPLOAD,
        footer_links=[],
        prevent_thread_lock=True,
        quiet=True,
        theme=studio_theme(),
        css=asset("studio.css"),
        head=page_head(),
    )
    say(f"EmoLA studio is on {page.local_url} (stop it with Ctrl+C).")
    studio.warm_up(report=say)
    page.block_thread()


def check_port(host: str, port: int) -> None:
    """Raise InputError with one sentence when the address cannot be served."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"{host}:{port} cannot be used ({error}); choose another with --host and --port."
            ) from error


def read_accounts() -> list[tuple[str, str]]:
    """Return names and passwords from the environment; InputError when there are none."""
    pairs = [pair.partition(":")[::2] for pair in os.environ.get(ACCOUNTS, "").split(",") if pair.strip()]
    if not pairs or not all(name and password for name, password in pairs):
        raise InputError(f"--auth needs accounts: set {ACCOUNTS} to NAME:PASSWORD, several separated by commas.")
    return pairs


if __name__ == "__main__":
    sys.exit(main())
