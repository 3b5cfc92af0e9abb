"""Who works here: users, guideline versions, settings, and who looked at which face."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from review.schema.base import Table


class User(Table):
    """A person; ``password_hash`` is argon2, or null for people who come by OAuth or from the same machine."""

    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    role: Mapped[str]
    facs_level: Mapped[str]
    keymap: Mapped[dict[str, Any]]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (read by SQLAlchemy)
    __table_args__ = (
        CheckConstraint("role in ('reviewer', 'lead', 'admin', 'viewer')", name="role"),
        CheckConstraint("facs_level in ('none', 'trained', 'certified')", name="facs_level"),
    )


class Guideline(Table):
    """One version of the guideline; ``cards`` maps action units and error codes to their text."""

    __tablename__ = "guideline"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(unique=True)
    cards: Mapped[dict[str, Any]]
    active_from: Mapped[datetime]


class Setting(Table):
    """A named value of this database, such as the key that signs image addresses."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class ImageAccess(Table):
    """A look at a face, written for the privacy of the people shown."""

    __tablename__ = "image_access"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"))
    view: Mapped[str]
    __table_args__ = (Index("ix_image_access_image", "image_id", "at"),)
