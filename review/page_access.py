"""Who comes in and as whom: a login over the store's users, the visitor on one's own machine, or OAuth on a Space."""

import ipaddress
import os
import time
from collections.abc import Mapping
from typing import Any, Literal

import anyio.to_thread
import gradio as gr
from starlette.requests import Request

from emola.errors import InputError
from review.database import Database
from review.errors import NotAllowed
from review.store.people import (
    HUB,
    ROLES,
    VISITOR,
    UserRecord,
    check_password,
    ensure_user,
    find_user,
    has_passwords,
    hub_user,
    require,
)
from review.tries import Tries

Mode = Literal["visitor", "password", "oauth"]

ROLES_SETTING = "EMOLA_ROLES"
"""Environment variable that maps OAuth names to roles: ``ann:admin,bob:lead,*:reviewer``; at every request."""

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


class Access:
    """Decides who may use the review pages.

    Args:
        database: where the users are.
        mode: ``visitor`` (no login, this machine only), ``password`` or ``oauth``.
        roles: OAuth name to role, ``*`` for everybody else; who has none is refused, whatever the database says.
    """

    def __init__(self, database: Database, mode: Mode, roles: Mapping[str, str] | None = None) -> None:
        self.mode: Mode = mode
        self._database = database
        self._roles = dict(roles or {})
        self._tries = Tries()

    @classmethod
    def choose(
        cls, database: Database, host: str, login: bool | None, environment: Mapping[str, str] | None = None
    ) -> "Access":
        """Return the access that fits where the studio is served.

        Args:
            database: where the users are.
            host: the address that is served.
            login: True asks for a login, False does not, None decides by the host.
            environment: tells whether this is a Space with OAuth; the process's own by default.

        Raises:
            InputError: another host than this machine without login, or a login that nobody could pass.
        """
        environment = os.environ if environment is None else environment
        if "SPACE_ID" in environment and environment.get("OAUTH_CLIENT_ID"):
            return cls(database, "oauth", read_roles(environment.get(ROLES_SETTING, "")))
        local = host in LOCAL_HOSTS or _is_loopback(host)
        if not (login if login is not None else not local):
            if not local:
                raise InputError(f"Faces are only shown without login on this machine; {host} needs --auth.")
            return cls(database, "visitor")
        with database.read() as session:
            anybody = has_passwords(session)
        if not anybody:
            raise InputError("A login needs users: make one with “python -m review user add NAME --role admin”.")
        return cls(database, "password")

    @property
    def needs_password(self) -> bool:
        """Whether gradio has to ask for a name and a password."""
        return self.mode == "password"

    @property
    def message(self) -> str:
        """What the login form says."""
        return "EmoLA studio shows faces of people; only its reviewers may see them."

    @property
    def sentence(self) -> str:
        """What every review page says about the login, or nothing."""
        if self.mode != "visitor":
            return ""
        return "No login on this machine: you work as “visitor” with every right. Any other host requires a login."

    async def check_login(self, login: str, password: str) -> bool:
        """Return whether a name and password are right; after TRIES wrong ones every try fails for PAUSE_S."""
        key = login.strip()
        if not self._tries.begin(key):
            return False
        user = await anyio.to_thread.run_sync(self._check, key, password)
        if user is not None:
            self._tries.forget(key)
        return user is not None

    def who(self, request: gr.Request) -> UserRecord:
        """Return the user behind an event of a page.

        Raises:
            NotAllowed: nobody is logged in, the account is switched off, or this host needs a login.
        """
        if self.mode == "password":
            return self._known(request.username)
        raw: Any = request.request
        return self._vouched(raw.headers.get("host", ""), raw.scope.get("session"))

    def may_see_faces(self, request: gr.Request) -> bool:
        """Say whether the visitor behind an event of a page may look at faces, on a page of the review or elsewhere."""
        try:
            require(self.who(request), "reviewer")
        except InputError:
            return False
        return True

    def of_request(self, request: Request) -> UserRecord:
        """Return the user behind a plain request to the app; the same rules as ``who``."""
        if self.mode == "password":
            app = request.app
            return self._known(next((app.tokens[one] for one in _session_tokens(request) if one in app.tokens), None))
        return self._vouched(request.headers.get("host", ""), request.scope.get("session"))

    def _check(self, login: str, password: str) -> UserRecord | None:
        with self._database.read() as session:
            return check_password(session, login=login, password=password)

    def _known(self, login: str | None) -> UserRecord:
        if not login:
            raise NotAllowed("You are not signed in.")
        with self._database.read() as session:
            user = find_user(session, login=login)
        return _active(user, login)

    def _vouched(self, host: str, session_data: Mapping[str, Any] | None) -> UserRecord:
        """Return the visitor of this machine, or the user whom OAuth names."""
        if self.mode == "visitor":
            if _host_name(host) not in LOCAL_HOSTS:
                raise NotAllowed("Without login the review pages open only at localhost; start with --auth for others.")
            return self._visitor()
        name = _oauth_name(session_data)
        if name is None:
            raise NotAllowed("You are not signed in.")
        role = self._roles.get(name, self._roles.get("*"))
        if role is None:
            raise NotAllowed(f"{name} has no role here; ask whoever runs this Space to add it to {ROLES_SETTING}.")
        return self._from_hub(name, role)

    def _visitor(self) -> UserRecord:
        with self._database.read() as session:
            user = find_user(session, login=VISITOR)
        if user is None:
            with self._database.write() as session:
                user = ensure_user(session, login=VISITOR, role="admin")
        return _active(user, VISITOR)

    def _from_hub(self, name: str, role: str) -> UserRecord:
        with self._database.read() as session:
            user = find_user(session, login=HUB + name)
        if user is None or user.role != role:
            with self._database.write() as session:
                user = hub_user(session, name=name, role=role)
        return _active(user, name)


def read_roles(setting: str) -> dict[str, str]:
    """Return OAuth names and their roles from ``name:role,name:role``.

    Raises:
        InputError: an entry that is no such pair, or an unknown role.
    """
    roles: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        name, _, role = entry.rpartition(":")
        if not name or role not in ROLES:
            raise InputError(f"{ROLES_SETTING} has {entry!r}; expected NAME:ROLE with one of {', '.join(ROLES)}.")
        roles[name] = role
    return roles


def end_sessions(request: gr.Request, login: str) -> None:
    """Sign a login out everywhere in this studio, but not in the session that the request of a page comes from."""
    raw: Any = request.request
    own, tokens = _session_tokens(raw), raw.app.tokens
    for token in [token for token, name in tuple(tokens.items()) if name == login and token not in own]:
        tokens.pop(token, None)


def _session_tokens(request: Request) -> list[str]:
    """Return what a browser says its sessions of Gradio are, the one of the secure cookie first."""
    cookie = request.app.cookie_id
    names = (f"access-token-{cookie}", f"access-token-unsecure-{cookie}")
    return [request.cookies[name] for name in names if name in request.cookies]


def _active(user: UserRecord | None, login: str) -> UserRecord:
    if user is None or not user.active:
        raise NotAllowed(f"The account {login} is switched off or gone; ask an admin.")
    return user


def _oauth_name(session_data: Mapping[str, Any] | None) -> str | None:
    """Return the name that OAuth put into the signed session cookie, while it is valid."""
    found = (session_data or {}).get("oauth_info")
    if not isinstance(found, Mapping) or found.get("expires_at", 0) < time.time():
        return None
    name = found.get("userinfo", {}).get("preferred_username")
    return name if isinstance(name, str) and name else None


def _host_name(host: str) -> str:
    """Return a Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
