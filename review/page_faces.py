"""Faces by signed addresses: five minutes, one person, one picture, nothing but ids in them; every look is logged."""

import hashlib
import hmac
import io
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import anyio.to_thread
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emola.errors import EmolaError, InputError
from review.database import Database
from review.errors import NotAllowed
from review.store.access import VIEWS, image_file, log_look, seen_lately, setting
from review.store.people import UserRecord, require

LIFE_S = 300
"""How long an address can be used."""

THUMB_SIDE = 24
"""Longest side of a thumbnail in pixels; it is blurred as well, so that a list of them shows nobody."""

KEY_NAME = "face_address_key"

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Content-Disposition": "inline",
}

TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class FaceSigner:
    """Makes and checks addresses.

    Args:
        key: secret of this database.
        clock: seconds since 1970; tests turn it.
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def address(self, user: UserRecord, image_id: int, view: str = "full") -> str:
        """Return a relative address of a picture for one person."""
        until = int(self._clock()) + LIFE_S
        return f"./review-face/{view}/{image_id}?until={until}&mark={self._mark(user.id, image_id, view, until)}"

    def check(self, user: UserRecord, image_id: int, view: str, until: int, mark: str) -> None:
        """Raise NotAllowed unless this address was made for this person and can still be used."""
        if not hmac.compare_digest(mark.encode(), self._mark(user.id, image_id, view, until).encode()):
            raise NotAllowed("This address of a picture was not made for you.")
        if until < self._clock():
            raise NotAllowed("This address of a picture has run out; reload the page.")

    def _mark(self, user_id: int, image_id: int, view: str, until: int) -> str:
        words = f"{view}:{image_id}:{user_id}:{until}".encode()
        return hmac.new(self._key, words, hashlib.sha256).hexdigest()


def make_signer(database: Database) -> FaceSigner:
    """Return the signer of a database; its key is made at the first use and stays in it."""
    with database.write() as session:
        key = setting(session, key=KEY_NAME, make=lambda: secrets.token_hex(32))
    return FaceSigner(bytes.fromhex(key))


class FaceRoute:
    """Serves pictures: who asks is checked first, then the address, then the look is logged."""

    def __init__(self, database: Database, signer: FaceSigner, who: Callable[[Request], UserRecord]) -> None:
        self._database = database
        self._signer = signer
        self._who = who

    async def serve(self, request: Request) -> Response:
        """Answer one request for a picture."""
        return await anyio.to_thread.run_sync(self._answer, request)

    def _answer(self, request: Request) -> Response:
        try:
            image_id, view = int(request.path_params["image_id"]), request.path_params["view"]
            user = self._who(request)
            if view not in VIEWS:
                return _refusal("There is no such view of a picture.", 404)
            require(user, "viewer" if view == "thumb" else "reviewer")
            until, mark = request.query_params.get("until", ""), request.query_params.get("mark", "")
            self._signer.check(user, image_id, view, int(until) if until.isdecimal() else 0, mark)
            with self._database.read() as session:
                file = image_file(session, image_id=image_id)
                known = seen_lately(session, user_id=user.id, image_id=image_id, view=view)
            content, kind = thumbnail(file.path) if view == "thumb" else whole_picture(file.path)
            if not known:
                with self._database.write() as session:
                    log_look(session, user_id=user.id, image_id=image_id, view=view)
        except NotAllowed as error:
            return _refusal(str(error), 403)
        except InputError as error:
            return _refusal(str(error), 404)
        except EmolaError as error:
            return _refusal(str(error), 503)
        return Response(content, media_type=kind, headers=HEADERS)


def whole_picture(path: Path) -> tuple[bytes, str]:
    """Return a picture upright and without its metadata, and its media type.

    A file that has neither a turn nor metadata is given out byte by byte; any other is written anew without loss.
    """
    content = path.read_bytes()
    with _opened(content) as image:
        if image.format in TYPES and not image.getexif() and "xmp" not in image.info:
            return content, TYPES[image.format]
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return _png(upright), "image/png"


def thumbnail(path: Path) -> tuple[bytes, str]:
    """Return a blurred thumbnail and its media type."""
    with _opened(path.read_bytes()) as image:
        small = ImageOps.exif_transpose(image).convert("RGB")
    small.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return _png(small.filter(ImageFilter.GaussianBlur(1))), "image/png"


def _opened(content: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content))
        image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"The file of this picture cannot be read ({type(error).__name__}).") from error
    return image


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _refusal(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status, headers=HEADERS)
