"""``python -m emola describe IMAGE``: stream a description to the terminal, or print one JSON document."""

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
from numpy.typing import NDArray

from emola.errors import InputError, NoFaceFound
from emola.imaging import open_image
from emola.settings import TASKS, GenerationSettings
from emola.shelf import TINY, ModelShelf, load_source

if TYPE_CHECKING:
    from emola.describe import Describer
    from emola.faces.analyze import FaceAnalyzer
    from emola.faces.face import Face

SUMMARY = "describe the emotion and the action units of a face in a picture"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``describe`` and its options."""
    parser = commands.add_parser("describe", help=SUMMARY, description=SUMMARY)
    parser.add_argument("image", type=Path, help="a picture (JPEG, PNG, WebP, HEIC, ...)")
    parser.add_argument("--task", choices=[*TASKS, "both"], default="both", help="what to describe (default: both)")
    parser.add_argument("--question", help="ask this instead, in your own words")
    parser.add_argument("--model", default=str(TINY), help="folder or hub id, BASE+ADAPTER for an adapter on a base")
    parser.add_argument("--quantization", choices=["4bit", "8bit"], help="load with bitsandbytes; needs a GPU")
    parser.add_argument("--face", type=int, metavar="N", help="which face, 1 is the largest (default: 1)")
    parser.add_argument("--face-models", type=Path, metavar="DIR", help="an InsightFace model pack on disk")
    parser.add_argument("--max-new-tokens", type=int, default=GenerationSettings.max_new_tokens, metavar="N")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 is greedy (default)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sampling")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    parser.add_argument("--overlay", type=Path, metavar="OUT.png", help="write the picture with its landmarks")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Describe one picture.

    Raises:
        InputError: the picture, the face number, the pack or the model cannot be used.
    """
    settings = _settings(options)
    options.asked = _asked(options)
    image = open_image(options.image)
    analyzer, landmark_model = make_analyzer(options.face_models)
    start = time.perf_counter()
    faces = analyzer.analyze(image)
    timings = {"faces": 1000 * (time.perf_counter() - start)}
    index = chosen_face(faces, options.face, options.image.name)
    if options.overlay:
        _write_overlay(image, faces, options.overlay)
    from emola.describe import Describer  # after the picture proved good: the model takes seconds to load

    shelf = ModelShelf([options.model], load=partial(load_source, quantization=options.quantization))
    describer = Describer(shelf, landmark_model)
    return _answer(options, describer, image, faces, index, settings, timings)


def make_analyzer(face_models: Path | None) -> "tuple[FaceAnalyzer, Path | None]":
    """Return the face analyzer for a pack folder (or none) and the path of its landmark model, if it has one."""
    from emola.faces.analyze import FaceAnalyzer  # mediapipe, about a second
    from emola.faces.packs import find_pack

    pack = find_pack(face_models)
    return FaceAnalyzer(pack), None if pack is None else pack.landmark_model


def chosen_face(faces: "list[Face]", number: int | None, name: str) -> int:
    """Return the index of face ``number`` (1 is the largest, None takes it).

    Raises:
        NoFaceFound: there is no face, or not that many.
    """
    if not faces:
        raise NoFaceFound(f"No face was found in {name}; choose a picture in which a face is larger and less hidden.")
    if number is None:
        return 0
    if not 1 <= number <= len(faces):
        raise NoFaceFound(
            f"There is no face {number} in {name}; it shows {len(faces)}, so give --face 1 to {len(faces)}."
        )
    return number - 1


def choice_lines(faces: "list[Face]", index: int) -> list[str]:
    """Return which of several faces is described, and what cannot be judged on it."""
    gates = [f"Not all of this face can be judged: {gate.reason}" for gate in faces[index].gates if not gate.refuses]
    if len(faces) == 1:
        return gates
    following = (index + 1) % len(faces) + 1
    return [f"{len(faces)} faces; face {index + 1} is described (--face {following} for the next).", *gates]


def _asked(options: argparse.Namespace) -> str:
    if options.question is None:
        return str(options.task)
    if not options.question.strip():
        raise InputError("The question is empty; type what you want to know about this face.")
    return str(options.question)


def _settings(options: argparse.Namespace) -> GenerationSettings:
    try:
        return GenerationSettings(options.max_new_tokens, options.temperature, seed=options.seed)
    except ValueError as error:
        raise InputError(str(error)) from error


def _answer(
    options: argparse.Namespace,
    describer: "Describer",
    image: NDArray[np.uint8],
    faces: "list[Face]",
    index: int,
    settings: GenerationSettings,
    timings: dict[str, float],
) -> int:
    """Stream the answers; end with the JSON document when it was asked for."""
    from emola.document import describe_document

    name = describer.shelf.names()[0]
    start = time.perf_counter()
    loaded = describer.shelf.get(name)
    timings["load_model"] = 1000 * (time.perf_counter() - start)
    print(f"{loaded.summary} Faces: {faces[index].backend}.", file=sys.stderr)
    for line in choice_lines(faces, index):
        print(line, file=sys.stderr)
    texts: dict[str, str] = {}
    reading = None
    try:
        out = None if options.json else sys.stdout
        texts = _stream(describer, image, faces[index], options.asked, settings, timings, out)
        reading = describer.read(texts, faces[index], name)
    except InputError as error:
        if not faces[index].refused:
            raise
        print(error, file=sys.stderr)
    if options.json:
        document = describe_document(faces, index, texts, reading, loaded, settings, timings)
        print(json.dumps(document, ensure_ascii=False))
    return 0


def _stream(
    describer: "Describer",
    image: NDArray[np.uint8],
    face: "Face",
    asked: str,
    settings: GenerationSettings,
    timings: dict[str, float],
    out: TextIO | None,
) -> dict[str, str]:
    """Collect the finished answers by task, writing the text to ``out`` as it comes."""
    texts: dict[str, str] = {}
    written = 0
    for progress in describer.stream(image, face, asked, describer.shelf.names()[0], settings):
        if out is not None:
            out.write(progress.text[written:] if not progress.done else "\n\n")
            out.flush()
        written = len(progress.text)
        if progress.done:
            texts[progress.task] = progress.text
            timings |= {f"{progress.task}_{step}": value for step, value in progress.timings_ms.items()}
            written = 0
    return texts


def _write_overlay(image: NDArray[np.uint8], faces: "list[Face]", path: Path) -> None:
    from PIL import Image

    from emola.faces.overlay import build_layers, draw_layers, draw_legend

    layers = build_layers(faces)
    picture: Any = Image.fromarray(draw_legend(draw_layers(image, layers), layers))
    try:
        picture.save(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"The overlay cannot be written to {path}: {error}; name a .png in a folder you own."
        ) from error
