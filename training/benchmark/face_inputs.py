"""From the picture of a question to what a model is given: a picture of one face, a prior, or both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from emola.errors import FaceModelError, InputError, NoFaceFound, PriorError
from emola.imaging import open_image, pad_to_square
from training.benchmark.questions import Question
from training.benchmark.run_folder import COMPUTED_INSTEAD
from training.data.records import RecordFault
from training.data.samples import load_prior

Squaring = Literal["pad", "crop"]
FaceChoice = Literal["whole", "detect"]
MissingPrior = Literal["fail", "compute"]


@dataclass(frozen=True)
class InputContract:
    """What a model reads.

    Attributes:
        uses_image: whether it is given the picture.
        crop_recipe: how a face is cut out of a larger picture; None for a model that knows none.
        prior_recipe: recipe of its prior; None for no prior.
        prior_dim: numbers of the prior.
    """

    uses_image: bool = True
    crop_recipe: str | None = None
    prior_recipe: str | None = None
    prior_dim: int = 0


@dataclass(frozen=True)
class FaceInputs:
    """Inputs of one question.

    Attributes:
        image: RGB uint8 (H, W, 3), or None.
        prior: a ``Prior`` of the model's recipe, or None.
        prior_from: "file", "computed" or "computed instead" (of a missing file), None without prior.
    """

    image: NDArray[np.uint8] | None
    prior: Any | None
    prior_from: str | None


class FaceReader:
    """Prepares questions for one model; safe to share between threads.

    Args:
        contract: what the model reads.
        faces: "whole" when every picture is one face already, "detect" to find the largest face and cut it out.
        squaring: of whole pictures; "pad" to a square with the CLIP mean colour, as EmoLA was trained, or "crop" to
            leave them to the processor, which cuts the middle square out, as the published evaluation did.
        recipe_of: says which recipe made a prior file, None when that is not known.
        face_models: folder of an InsightFace pack, or None for what is installed.
        missing_prior: "fail" when a question whose prior file is not there cannot be asked, "compute" when its prior is
            computed from the picture, as for a question that names no file.
    """

    def __init__(
        self,
        contract: InputContract,
        faces: FaceChoice,
        squaring: Squaring,
        recipe_of: Callable[[Path], str | None],
        face_models: Path | None = None,
        missing_prior: MissingPrior = "fail",
    ) -> None:
        self._contract = contract
        self._detect = faces == "detect" and contract.uses_image
        self._squaring = squaring
        self._recipe_of = recipe_of
        self._face_models = face_models
        self._missing_prior = missing_prior
        self._analyzer: Any = None
        self._recipe: Any = None
        self._no_recipe: str | None = None

    def open_networks(self, questions: Sequence[Question]) -> None:
        """Open the face networks that the questions need, so that threads find them ready.

        Raises:
            InputError: no question has a usable prior file, and the recipe cannot be computed here either.
            FaceModelError: the face pack is damaged.
        """
        contract = self._contract
        askable = [question for question in questions if question.image is not None and not self._lacks_prior(question)]
        without = [question for question in askable if not self._has_file(question)] if contract.prior_recipe else []
        if without:
            self._open_recipe(all_of_them=len(without) == len(askable), example=without[0])
        if self._detect or (self._recipe is not None and not self._takes_whole_picture):
            from emola.faces.analyze import FaceAnalyzer  # mediapipe, about a second
            from emola.faces.packs import find_pack

            self._analyzer = FaceAnalyzer(find_pack(self._face_models))

    def read(self, question: Question) -> FaceInputs:
        """Return what the model is given for a question.

        Raises:
            InputError: the question has a fault, its picture is broken or shows no usable face, or there is no prior.
        """
        if question.fault or question.image is None:
            raise InputError(question.fault or "the record names no picture")
        contract = self._contract
        picture = open_image(question.image)  # even for a model that reads priors alone: a broken item is a failed one
        if self._lacks_prior(question):
            raise PriorError(f"the record names the prior file {question.prior}, which is not there")
        from_file = contract.prior_recipe is not None and self._has_file(question)
        computes = contract.prior_recipe is not None and not from_file
        face = self._face(picture) if self._detect or (computes and self._analyzer is not None) else None
        image = self._image(picture, face) if contract.uses_image else None
        if from_file:
            return FaceInputs(image, self._file_prior(question), "file")
        if computes:
            return FaceInputs(
                image, self._compute(picture, face), COMPUTED_INSTEAD if question.prior_is_missing else "computed"
            )
        return FaceInputs(image, None, None)

    def close(self) -> None:
        """Free the native networks."""
        if self._analyzer is not None:
            self._analyzer.close()

    @property
    def _takes_whole_picture(self) -> bool:
        return hasattr(self._recipe, "compute_crop") and not self._detect

    def _lacks_prior(self, question: Question) -> bool:
        """Say whether a question cannot be asked because its prior file is missing."""
        return self._missing_prior == "fail" and self._contract.prior_recipe is not None and question.prior_is_missing

    def _has_file(self, question: Question) -> bool:
        """Say whether a prior file of the model's recipe is there."""
        path = question.prior
        return path is not None and path.is_file() and self._recipe_of(path) == self._contract.prior_recipe

    def _open_recipe(self, *, all_of_them: bool, example: Question) -> None:
        """Open the recipe to compute priors with; keep the reason when that cannot be done here."""
        from emola.faces.packs import find_pack
        from emola.faces.priors.recipes import get_recipe

        try:
            pack = find_pack(self._face_models)
            self._recipe = get_recipe(str(self._contract.prior_recipe), None if pack is None else pack.landmark_model)
        except (FaceModelError, PriorError) as error:
            self._no_recipe = str(error)
            if not all_of_them:
                return
            hint = ""
            if example.prior is not None and example.prior.is_file() and self._recipe_of(example.prior) is None:
                hint = " The data names prior files, but nothing says how they were made: give --prior-recipe."
            raise InputError(f"There is no prior of the recipe {self._contract.prior_recipe}: {error}{hint}") from error

    def _face(self, picture: NDArray[np.uint8]) -> Any:
        faces = self._analyzer.analyze(picture)
        if not faces:
            raise NoFaceFound("no face was found in the picture")
        if faces[0].refused:
            raise NoFaceFound("; ".join(gate.reason for gate in faces[0].gates if gate.refuses))
        return faces[0]

    def _image(self, picture: NDArray[np.uint8], face: Any) -> NDArray[np.uint8]:
        if self._detect:
            from emola.faces.crops import crop_face

            return crop_face(picture, face, self._contract.crop_recipe or "square-pad")
        return pad_to_square(picture) if self._squaring == "pad" else picture

    def _file_prior(self, question: Question) -> Any:
        from emola.faces.priors.prior import Prior

        assert question.prior is not None
        try:
            values = load_prior(question.prior, self._contract.prior_dim)
        except RecordFault as fault:
            raise PriorError(str(fault)) from fault
        return Prior(values, str(self._contract.prior_recipe))

    def _compute(self, picture: NDArray[np.uint8], face: Any) -> Any:
        if self._recipe is None:
            raise PriorError(f"there is no prior of the model's recipe, and none can be computed: {self._no_recipe}")
        if self._takes_whole_picture:
            return self._recipe.compute_crop(picture)
        return self._recipe.compute(picture, face)
