"""Errors that a caller acts on; every message is one plain sentence fit for a user.

Argument mistakes inside our own code raise ``ValueError``. Commands exit 2 on :class:`InputError` and 1 on any
other :class:`EmolaError`; pages show the sentence.
"""


class EmolaError(Exception):
    """Base of every error whose message may be shown to a user as it is."""


class InputError(EmolaError):
    """What the user gave (a file, an option, a value) cannot be used; the message says what was expected."""


class ImageError(InputError):
    """A picture is missing, broken, too large or of an unsupported kind."""


class NoFaceFound(InputError):
    """No face could be found, or the face asked for does not exist."""


class FaceModelError(InputError):
    """A face model pack is missing, empty, nested, incomplete or corrupt."""


class PriorError(InputError):
    """A prior vector has the wrong length, holds non-finite numbers or was made by another recipe."""


class CheckpointError(InputError):
    """A checkpoint folder lacks something, holds something unexpected, or would silently change the numbers."""


class ResourceError(EmolaError):
    """The machine cannot hold or run what was asked (memory, device, disk)."""
