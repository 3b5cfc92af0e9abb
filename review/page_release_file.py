"""A release as one zip: its files as they were written, never pixels; for leads only."""

import tempfile
import zipfile
from pathlib import Path

import anyio.to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from emola.errors import EmolaError, InputError
from review.database import Database
from review.errors import NotAllowed
from review.page_access import Access
from review.store.people import require
from review.store.releases import ReleaseRecord, list_releases

PATH = "/review-api/release"
NO_STORE = {"Cache-Control": "no-store"}
SUFFIXES = (".json", ".jsonl")
"""What a release consists of; nothing else is ever put into the zip."""


def release_route(database: Database, access: Access) -> Route:
    """Return the route that sends a release, named by its id, as a zip."""

    async def send(request: Request) -> Response:
        return await anyio.to_thread.run_sync(_answer, database, access, request)

    return Route(PATH, send, methods=["GET"])


def find_release(database: Database, number: str | int | None) -> ReleaseRecord:
    """Return a complete release by its id.

    Raises:
        InputError: there is none.
    """
    with database.read() as session:
        for release in list_releases(session):
            if str(release.id) == str(number) and release.state == "complete":
                return release
    raise InputError("There is no such complete release; choose one of the list.")


def write_zip(folder: Path, target: Path) -> list[str]:
    """Write the files of a release's folder into a zip and return their names.

    Raises:
        InputError: the folder is gone.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if not files:
        raise InputError(f"The folder of this release is gone or empty: {folder.name}.")
    names = [f"{folder.name}/{path.relative_to(folder).as_posix()}" for path in files]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, name in zip(files, names, strict=True):
            archive.write(path, name)
    return names


def _answer(database: Database, access: Access, request: Request) -> Response:
    try:
        require(access.of_request(request), "lead")
        release = find_release(database, request.query_params.get("id"))
        with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
            target = Path(file.name)
        try:
            write_zip(Path(release.folder), target)
        except (EmolaError, OSError):
            target.unlink(missing_ok=True)
            raise
    except NotAllowed as error:
        return _refusal(error, 403)
    except InputError as error:
        return _refusal(error, 404)
    except EmolaError as error:
        return _refusal(error, 503)
    name = f"{release.name}.zip"
    return FileResponse(target, filename=name, headers=NO_STORE, background=BackgroundTask(target.unlink, True))


def _refusal(error: EmolaError, status: int) -> Response:
    return JSONResponse({"error": str(error)}, status, headers=NO_STORE)
