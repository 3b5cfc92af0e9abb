"""Descriptions with planted errors and their truth, one code of the review taxonomy each.

The codes are those of the review pages: H1 unit claimed that is absent, H2 wrong number, name or unit, H3 wrong side,
H4 wrong intensity, H5 invented person or scene, H6 emotion against the units, H7 claim about a covered region,
H8 self-contradiction, H9 state of mind or cause, H0 hedge or boilerplate, M1 visible unit left out, S1 style only.
"""

from training.synthetic.wrong.choosing import WrongPlan, choose_wrong
from training.synthetic.wrong.planting import CODES, Code, PlantedError, WrongAnswer, plant

__all__ = ["CODES", "Code", "PlantedError", "WrongAnswer", "WrongPlan", "choose_wrong", "plant"]
