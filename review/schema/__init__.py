"""The tables of the review database (SQLAlchemy 2), the same on SQLite and PostgreSQL."""

from review.schema.base import Table
from review.schema.coding import (
    ClaimVerdict,
    Comment,
    EditOperation,
    EmotionLabel,
    Review,
    ReviewRevision,
    SpanMark,
    UnitLabel,
)
from review.schema.content import (
    Claim,
    Description,
    Evidence,
    FaceMeasurement,
    Image,
    LintFinding,
    Prediction,
    Source,
    Suspicion,
)
from review.schema.outcome import (
    Adjudication,
    AdjudicationItem,
    Event,
    Gold,
    Release,
    ReleaseRow,
)
from review.schema.people import Guideline, ImageAccess, Setting, User
from review.schema.scores import ScoreChange, ScoredAnswer, ScoredItem, ScoredRun, ScoreTotal
from review.schema.work import Assignment, BlindCheck, BlindPair, Campaign, PlantedError, SkippedDescription

__all__ = [
    "Adjudication",
    "AdjudicationItem",
    "Assignment",
    "BlindCheck",
    "BlindPair",
    "Campaign",
    "Claim",
    "ClaimVerdict",
    "Comment",
    "Description",
    "EditOperation",
    "EmotionLabel",
    "Event",
    "Evidence",
    "FaceMeasurement",
    "Gold",
    "Guideline",
    "Image",
    "ImageAccess",
    "LintFinding",
    "PlantedError",
    "Prediction",
    "Release",
    "ReleaseRow",
    "Review",
    "ReviewRevision",
    "ScoreChange",
    "ScoreTotal",
    "ScoredAnswer",
    "ScoredItem",
    "ScoredRun",
    "Setting",
    "SkippedDescription",
    "Source",
    "SpanMark",
    "Suspicion",
    "Table",
    "UnitLabel",
    "User",
]
