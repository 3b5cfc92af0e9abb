"""FACS units outside of the twenty that FABA-Instruct names. Reviewers may score them; the benchmark reads none.

Numbers and names as in FACS 2002 (Ekman, Friesen and Hager): action units, action descriptors, head and eye positions.
Visibility codes (70 to 74) are not units; they have a place of their own in a review.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OTHER_UNITS: Final[Mapping[int, str]] = MappingProxyType(
    {
        8: "Lips toward each other",
        11: "Nasolabial deepener",
        13: "Sharp lip puller",
        18: "Lip pucker",
        19: "Tongue show",
        21: "Neck tightener",
        22: "Lip funneler",
        28: "Lip suck",
        29: "Jaw thrust",
        30: "Jaw sideways",
        31: "Jaw clencher",
        32: "Lip bite",
        33: "Cheek blow",
        34: "Cheek puff",
        35: "Cheek suck",
        36: "Tongue bulge",
        37: "Lip wipe",
        38: "Nostril dilator",
        39: "Nostril compressor",
        45: "Blink",
        46: "Wink",
        51: "Head turn left",
        52: "Head turn right",
        53: "Head up",
        54: "Head down",
        55: "Head tilt left",
        56: "Head tilt right",
        57: "Head forward",
        58: "Head back",
        61: "Eyes turn left",
        62: "Eyes turn right",
        63: "Eyes up",
        64: "Eyes down",
    }
)
