"""Users: passwords, roles, and what each may do."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from emola.errors import InputError
from review.errors import NotAllowed, StaleRecord
from review.schema import User
from review.store.events import append_event

ROLES = ("viewer", "reviewer", "lead", "admin")
"""From the least to the most rights; each may do what those before it may."""
FACS_LEVELS = ("none", "trained", "certified")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
LONGEST_LOGIN = 64
LOGIN_MARKS: Final = " ._-@+'"
"""What a login may hold beside letters and digits of any alphabet."""
CONSOLE: Final = "console"
"""Who acts on the command line where no ``--as`` names somebody."""
LOOP: Final = "loop"
"""Who makes the releases of the loop."""
SAMPLE: Final = "sample project"
"""Who opens the campaign of the sample project."""
MACHINES: Final = (CONSOLE, LOOP, SAMPLE)
VISITOR: Final = "visitor"
"""Whoever sits at this machine when no login is asked for."""
HUB: Final = "hf:"
"""What the login of a Hugging Face account begins with; no login that is made here may hold a colon."""
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$nw+HeufZm1pINvvohm23zQ$Kr0vqwXyzqsCqK1dwhU6RE+gKyl1V7IJR00WRxTN7wI"
"""A hash that is checked for an unknown login, so that it takes as long as a known one."""


@dataclass(frozen=True)
class UserRecord:
    """One user, without the password's hash."""

    id: int
    login: str
    role: str
    facs_level: str
    keymap: Mapping[str, Any]
    active: bool
    version: int

    @property
    def name(self) -> str:
        """What this user is called to their face: the login, of a Hugging Face account the name there."""
        return self.login.removeprefix(HUB)


def require(user: UserRecord, role: str) -> None:
    """Raise NotAllowed where ``user`` is switched off or has a lesser role than ``role``."""
    if not user.active:
        raise NotAllowed(f"The account {user.login} is switched off.")
    if ROLES.index(user.role) < ROLES.index(role):
        raise NotAllowed(f"This needs the role {role}; {user.login} is {user.role}.")


def create_user(
    session: Session,
    *,
    login: str,
    password: str | None,
    role: str,
    facs_level: str = "none",
    actor_id: int | None = None,
    now: datetime | None = None,
) -> UserRecord:
    """Make a user; without ``password`` they can only come from the same machine.

    Raises:
        InputError: the login is taken, odd or the program's own, the password too short, the role unknown.
    """
    login = login.strip()
    _check_login(login)
    if password is not None and login in (*MACHINES, VISITOR):
        raise InputError(f"The program itself works as {login!r}; choose another login.")
    return _create(session, login, password, role, facs_level, actor_id, now)


def check_password(session: Session, *, login: str, password: str) -> UserRecord | None:
    """Return the active user of this login and password, or None; every answer takes the same effort."""
    user = _by_login(session, login.strip())
    known = user.password_hash if user else None
    try:
        PasswordHasher().verify(known or _NOBODY, password[:LONGEST_PASSWORD])
    except VerificationError:
        return None
    return _record(user) if user and known and user.active else None


def find_user(session: Session, *, login: str | None = None, user_id: int | None = None) -> UserRecord | None:
    """Return a user by login or by id, or None."""
    user = session.get(User, user_id) if user_id is not None else _by_login(session, (login or "").strip())
    return _record(user) if user else None


def ensure_user(session: Session, *, login: str, role: str) -> UserRecord:
    """Return the user whom this machine vouches for, the program itself among them; made with ``role`` at first."""
    user = _by_login(session, login.strip())
    return _record(user) if user else create_user(session, login=login, password=None, role=role)


def hub_user(session: Session, *, name: str, role: str) -> UserRecord:
    """Return the account of a Hugging Face name, made at the first visit; its role is ``role`` from now on.

    It is never the account of somebody who is called the same here.

    Raises:
        InputError: the name is odd, or the role unknown.
    """
    _check_login(name)
    _one_of(role, ROLES, "role")
    user = _by_login(session, HUB + name)
    return _change(session, user, None, "role", role) if user else _create(session, HUB + name, None, role)


def locked_user(session: Session, *, user_id: int) -> UserRecord:
    """Return a user and let no other transaction do the same until this one ends.

    Raises:
        InputError: there is no such user.
    """
    return _record(_locked(session, user_id))


def is_person() -> ColumnElement[bool]:
    """Return the condition that an account is switched on and a person's, none that the program made for itself."""
    return and_(User.active, or_(User.login.not_in(MACHINES), User.password_hash.is_not(None)))


def has_passwords(session: Session) -> bool:
    """Say whether anybody can log in with a password."""
    return bool(session.scalar(select(exists().where(User.active, User.password_hash.is_not(None)))))


def list_users(session: Session) -> list[UserRecord]:
    """Return every user by login."""
    return [_record(user) for user in session.scalars(select(User).order_by(User.login))]


def set_role(session: Session, *, user_id: int, role: str, actor_id: int | None, version: int) -> UserRecord:
    """Give a user another role; the last active admin who is a person keeps it, and so do Hugging Face accounts."""
    _one_of(role, ROLES, "role")
    user = _locked(session, user_id, version)
    if user.login.startswith(HUB) and role != user.role:
        raise NotAllowed(f"Whoever runs this Space gives {user.login} a role, in its variable EMOLA_ROLES.")
    if role != "admin":
        _keep_an_admin(session, user)
    return _change(session, user, actor_id, "role", role)


def set_active(session: Session, *, user_id: int, active: bool, actor_id: int | None, version: int) -> UserRecord:
    """Switch a user on or off; what they did stays. The last active admin stays on."""
    user = _locked(session, user_id, version)
    if not active:
        _keep_an_admin(session, user)
    return _change(session, user, actor_id, "active", active)


def set_facs_level(session: Session, *, user_id: int, level: str, actor_id: int | None, version: int) -> UserRecord:
    """Say how a user was trained in FACS."""
    _one_of(level, FACS_LEVELS, "FACS level")
    return _change(session, _locked(session, user_id, version), actor_id, "facs_level", level)


def set_keymap(session: Session, *, user_id: int, keymap: Mapping[str, str], actor_id: int) -> UserRecord:
    """Keep a user's own keys; the last save wins, since they are nobody else's."""
    return _change(session, _locked(session, user_id), actor_id, "keymap", dict(keymap))


def set_password(session: Session, *, user_id: int, password: str, actor_id: int | None, version: int) -> UserRecord:
    """Give a user another password, unless they sign in at Hugging Face; its hash is in no event."""
    user = _locked(session, user_id, version)
    if user.login.startswith(HUB):
        raise NotAllowed(f"{user.login} signs in at Hugging Face and has no password here.")
    user.password_hash = _hash(password)
    session.flush()
    append_event(session, actor_id=actor_id, entity="user", entity_id=user.id, action="password")
    return _record(user)


def change_own_password(session: Session, *, user_id: int, old: str, new: str) -> UserRecord:
    """Give oneself another password.

    Raises:
        NotAllowed: ``old`` is not the present one, or this account has none.
        InputError: ``new`` is too short or too long.
    """
    user = _locked(session, user_id)
    if check_password(session, login=user.login, password=old) is None:
        raise NotAllowed("The present password is not right.")
    return set_password(session, user_id=user_id, password=new, actor_id=user_id, version=user.version)


def _create(
    session: Session,
    login: str,
    password: str | None,
    role: str,
    facs_level: str = "none",
    actor_id: int | None = None,
    now: datetime | None = None,
) -> UserRecord:
    _one_of(role, ROLES, "role")
    _one_of(facs_level, FACS_LEVELS, "FACS level")
    if _by_login(session, login):
        raise InputError(f"There is already a user {login!r}.")
    user = User(
        login=login,
        password_hash=None if password is None else _hash(password),
        role=role,
        facs_level=facs_level,
        keymap={},
        active=True,
        created_at=now or datetime.now(UTC),
    )
    session.add(user)
    session.flush()
    after = {"login": login, "role": role, "facs_level": facs_level}
    append_event(session, actor_id=actor_id, entity="user", entity_id=user.id, action="create", after=after, now=now)
    return _record(user)


def _check_login(login: str) -> None:
    """Raise InputError unless a login is short enough and everybody can type it."""
    known = all(unicodedata.category(sign)[0] in "LMN" or sign in LOGIN_MARKS for sign in login)
    if not 0 < len(login) <= LONGEST_LOGIN or not known:
        raise InputError(
            f"A login has 1 to {LONGEST_LOGIN} characters: letters, digits, spaces and any of . _ - @ + '; "
            f"got {login[:LONGEST_LOGIN]!r}."
        )


def _hash(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InputError(f"A password has at least {SHORTEST_PASSWORD} characters (at most {LONGEST_PASSWORD}).")
    return PasswordHasher().hash(password)


def _by_login(session: Session, login: str) -> User | None:
    return session.scalar(select(User).where(User.login == login))


def _locked(session: Session, user_id: int, version: int | None = None) -> User:
    """Return a user's row for changing, if nobody has changed it since ``version`` (None: whoever did)."""
    user = session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
    if user is None:
        raise InputError(f"There is no user {user_id}.")
    if version is not None and user.version != version:
        raise StaleRecord(
            f"The account {user.login} was changed meanwhile; look again.", theirs=_record(user), version=user.version
        )
    return user


def _keep_an_admin(session: Session, user: User) -> None:
    """Raise NotAllowed where ``user`` is the only active admin."""
    admins = select(User.id).where(User.role == "admin", is_person()).with_for_update(key_share=True)
    if session.scalars(admins).all() == [user.id]:
        raise NotAllowed(f"{user.login} is the only active admin; make another one first.")


def _change(session: Session, user: User, actor_id: int | None, field: str, value: Any) -> UserRecord:
    before = getattr(user, field)
    if before == value:
        return _record(user)
    setattr(user, field, value)
    session.flush()
    append_event(
        session,
        actor_id=actor_id,
        entity="user",
        entity_id=user.id,
        action=field,
        before={field: before},
        after={field: value},
    )
    return _record(user)


def _one_of(value: str, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        raise InputError(f"There is no {what} {value!r}; expected one of {', '.join(allowed)}.")


def _record(user: User) -> UserRecord:
    return UserRecord(user.id, user.login, user.role, user.facs_level, user.keymap, user.active, user.version)
