"""The Live tab: the browser draws landmarks over its own video; the server only measures small JPEG frames.

One tracker per visitor, freed when they leave or stop sending. A frame is answered with numbers (about 5 kB of JSON),
so no picture is encoded, cached or written anywhere.
"""

import base64
import binascii
import io
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from emola.errors import EmolaError, ImageError
from emola.faces.face import Face
from emola.faces.geometry import live_values, measurable_action_units
from emola.faces.layouts import REGIONS
from emola.page_demo import QUIET, DemoTab
from emola.page_intake import uploaded_path
from emola.page_saving import calling_visit
from emola.page_studio import Studio
from emola.page_theme import asset
from emola.page_visits import Visit
from emola.taxonomy import ACTION_UNITS

FRAME_SIDE = 1280
"""Longest side of a frame that is accepted, in pixels; the page sends 480."""

FRAME_BYTES = 1_000_000
"""Largest JPEG frame accepted."""

UNREADABLE = f"A camera frame must be a readable JPEG of at most {FRAME_SIDE} pixels."

IDLE_S = 30.0
"""A tracker that got no frame for so long is freed."""

MAX_TRACKERS = 64
"""Most visitors who can be live at once."""

ServerFunction = Callable[[dict[str, Any], gr.Request], Awaitable[dict[str, Any]]]


def track_frame(studio: Studio, visit: Visit, jpeg: bytes) -> dict[str, Any]:
    """Return what is measured in one frame of a visitor's camera.

    Args:
        studio: whose visitors are counted.
        visit: whose tracker follows the faces.
        jpeg: one frame, at most 1280 pixels wide or high.

    Returns:
        ``size`` (width, height), ``layout``, ``faces`` (``box``, ``points`` as x, y, x, y ..., ``gates``), ``values``
        (action unit to -1 ... 1 of the largest face) and ``ms``.

    Raises:
        ImageError: the bytes are not such a frame.
        EmolaError: too many visitors are live.
    """
    start = time.perf_counter()
    frame = _decode(jpeg)
    studio.visits.free_idle_trackers(IDLE_S)
    with visit.tracking:
        faces = _tracker(studio, visit).track(frame)
        visit.tracked_at = time.monotonic()
    values = live_values(faces[0]) if faces else {}
    return {
        "size": [frame.shape[1], frame.shape[0]],
        "layout": faces[0].layout if faces else None,
        "faces": [_face(face) for face in faces],
        "values": {str(number): round(value, 3) for number, value in values.items()},
        "ms": round(1000 * (time.perf_counter() - start), 1),
    }


def live_plan() -> dict[str, Any]:
    """Return what the browser needs once: the lines of each layout and the action units to plot."""
    return {
        "lines": {
            layout: [[list(line.indices), line.closed, region] for region, lines in regions.items() for line in lines]
            for layout, regions in REGIONS.items()
        },
        "units": [{"number": n, "name": ACTION_UNITS[n].name} for n in measurable_action_units()],
    }


def build_live(studio: Studio, demo: DemoTab, tabs: gr.Tabs) -> gr.HTML:
    """Build the tab inside the current blocks; a frozen frame opens and is described in the Demo tab."""
    live = gr.HTML(
        asset("live.html"),
        elem_id="live",
        js_on_load=asset("live.js"),
        apply_default_css=False,
        server_functions=_calls(studio),
    )

    def freeze(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        with uploaded_path(str(event.path)) as path:
            return gr.update(selected="demo"), *demo.open(demo.visit(request), path, "camera frame")

    demo.describe_after(live.freeze(freeze, None, [tabs, demo.stage, *demo.answers], **QUIET))
    return live


def _calls(studio: Studio) -> list[ServerFunction]:
    async def track(data: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        visit = await calling_visit(studio, request)
        try:
            jpeg = base64.b64decode(str(data["frame"]).partition(",")[2], validate=True)
            return await anyio.to_thread.run_sync(track_frame, studio, visit, jpeg)
        except binascii.Error:
            return {"error": "A frame arrived damaged."}
        except EmolaError as error:
            return {"error": str(error)}

    async def stop_tracking(_data: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        visit = await calling_visit(studio, request)
        await anyio.to_thread.run_sync(visit.stop_tracking)
        return {}

    async def plan(_data: dict[str, Any], _request: gr.Request) -> dict[str, Any]:
        return live_plan()

    return [track, stop_tracking, plan]


def _tracker(studio: Studio, visit: Visit) -> Any:
    if visit.tracker is None:
        if studio.visits.trackers() >= MAX_TRACKERS:
            raise EmolaError(f"{MAX_TRACKERS} visitors are live already; please try again in a minute.")
        from emola.faces.tracking import FaceTracker  # mediapipe, about a second the first time

        visit.tracker = FaceTracker()
    return visit.tracker


def _decode(jpeg: bytes) -> NDArray[np.uint8]:
    """Return the frame as RGB uint8 (H, W, 3); the size is read from the header before anything is decoded."""
    import cv2  # after the page is up

    if not jpeg.startswith(b"\xff\xd8") or len(jpeg) > FRAME_BYTES:
        raise ImageError("A camera frame must be a JPEG picture of at most 1 MB.")
    small = max(_size(jpeg)) <= FRAME_SIDE
    frame = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if small else None
    if frame is None:
        raise ImageError(UNREADABLE)
    return np.ascontiguousarray(frame[:, :, ::-1], dtype=np.uint8)


def _size(jpeg: bytes) -> tuple[int, int]:
    """Return width and height as the header says them; nothing is decoded."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as header:
            return header.size
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(UNREADABLE) from error


def _face(face: Face) -> dict[str, Any]:
    return {
        "box": [round(float(value), 1) for value in face.box],
        "points": np.round(face.landmarks, 1).ravel().tolist(),
        "gates": [gate.reason for gate in face.gates],
    }
