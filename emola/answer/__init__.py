"""Reading of generated or written answers: claims with offsets, action units and emotions under named protocols.

Standard library only. Offsets are code points into the NFC form of a text (:func:`normalise`).
"""

from emola.answer.claims import Claim, split_claims
from emola.answer.reading import (
    ActionUnitReading,
    EmotionReading,
    Protocol,
    protocol_version,
    read_action_unit_states,
    read_action_units,
    read_emotion,
    states_no_action_unit,
)
from emola.answer.sentences import normalise

__all__ = [
    "ActionUnitReading",
    "Claim",
    "EmotionReading",
    "Protocol",
    "normalise",
    "protocol_version",
    "read_action_unit_states",
    "read_action_units",
    "read_emotion",
    "split_claims",
    "states_no_action_unit",
]
