"""Users: who works here, as what; add people, change their role, reset a password, switch an account off."""

from typing import Any

import gradio as gr
from markupsafe import Markup

from emola.errors import InputError
from review.database import Database
from review.errors import NotAllowed
from review.page_access import end_sessions
from review.page_answering import QUIET, Who, answering, fill_on_open
from review.page_html import READING, badge_html, heading_html, notice_html, section_html, table_html
from review.store.people import (
    FACS_LEVELS,
    ROLES,
    UserRecord,
    create_user,
    find_user,
    list_users,
    require,
    set_active,
    set_facs_level,
    set_password,
    set_role,
)

HEADING = heading_html(
    "Users", "Viewers read. Reviewers judge. Leads run campaigns, adjudicate and release. Admins manage everyone."
)
CHOOSE_FIRST = "Choose a user first."
SECRET: dict[str, Any] = {"type": "password", "max_length": 1024}


def build_users(database: Database, who: Who) -> None:
    """Build the page inside the current blocks."""
    UsersPage(database, who)


class UsersPage:
    """Draws the page and answers its events."""

    def __init__(self, database: Database, who: Who) -> None:
        self.database, self.who = database, who
        table = gr.HTML(HEADING + READING, elem_id="users", apply_default_css=False)
        versions = gr.State({})
        with gr.Row(equal_height=False, visible=False) as forms:
            with gr.Column(min_width=320):
                gr.HTML(section_html("Add a user"), apply_default_css=False)
                login = gr.Textbox(label="Login", max_length=64, elem_id="user-login")
                password = gr.Textbox(label="Password (8 characters or more)", elem_id="user-password", **SECRET)
                with gr.Row():
                    role = gr.Dropdown(list(ROLES), value="reviewer", label="Role", elem_id="user-role")
                    level = gr.Dropdown(list(FACS_LEVELS), value="none", label="FACS training", elem_id="user-level")
                add = gr.Button("Add", variant="primary", elem_id="user-add")
            with gr.Column(min_width=320):
                gr.HTML(section_html("Change a user"), apply_default_css=False)
                chosen = gr.Dropdown(label="User", elem_id="user-chosen")
                with gr.Row():
                    new_role = gr.Dropdown(list(ROLES), label="Role", elem_id="user-new-role")
                    new_level = gr.Dropdown(list(FACS_LEVELS), label="FACS training", elem_id="user-new-level")
                active = gr.Checkbox(label="May log in", elem_id="user-active")
                secret = gr.Textbox(label="New password (empty: keep it)", elem_id="user-new-password", **SECRET)
                change = gr.Button("Save changes", elem_id="user-change")
        outputs, fields = [table, versions, chosen], [new_role, new_level, active, secret]
        add.click(self.add, [login, password, role, level], [*outputs, login, password], **QUIET)
        chosen.input(self.pick, chosen, fields, **QUIET)
        change.click(self.change, [chosen, *fields, versions], [*outputs, secret], **QUIET)
        fill_on_open(self.load, [*outputs, forms])

    def load(self, request: gr.Request) -> list[Any]:
        """Return everyone, and the forms."""
        user = self.who(request)
        require(user, "lead")
        return [*self._shown(user), gr.update(visible=True)]

    @answering
    def add(self, login: str, password: str, role: str, level: str, request: gr.Request) -> list[Any]:
        """Make a user."""
        user = self.who(request)
        check_may_manage(user, role)
        with self.database.write() as session:
            made = create_user(session, login=login, password=password, role=role, facs_level=level, actor_id=user.id)
        said = f"{made.login} can log in now. Tell them the password yourself; it cannot be read here again."
        return [*self._shown(user, notice_html(said, "good")), "", ""]

    @answering
    def pick(self, user_id: int | None, request: gr.Request) -> list[Any]:
        """Return what can be changed of a user."""
        require(self.who(request), "lead")
        person = self._person(user_id)
        return [person.role, person.facs_level, person.active, ""]

    @answering
    def change(
        self,
        user_id: int | None,
        role: str,
        level: str,
        active: bool,
        password: str,
        versions: dict[str, int],
        request: gr.Request,
    ) -> list[Any]:
        """Store what was changed, all of it or nothing."""
        user = self.who(request)
        require(user, "lead")
        person = self._person(user_id)
        check_may_manage(user, person.role)
        check_may_manage(user, role)
        by = {"user_id": person.id, "actor_id": user.id}
        version = versions.get(str(person.id), person.version)
        with self.database.write() as session:
            version = set_role(session, role=role, version=version, **by).version
            version = set_facs_level(session, level=level, version=version, **by).version
            version = set_active(session, active=active, version=version, **by).version
            if password:
                set_password(session, password=password, version=version, **by)
        if password:
            end_sessions(request, person.login)
        said = f"{person.login} is saved{' and has to sign in again with the new password' if password else ''}."
        return [*self._shown(user, notice_html(said, "good")), ""]

    def _shown(self, user: UserRecord, said: Markup | str = "") -> list[Any]:
        """Return the table, the versions by user id and the choices of users."""
        with self.database.read() as session:
            people = list_users(session)
        choices = gr.update(choices=[(person.login, person.id) for person in people])
        versions = {str(person.id): person.version for person in people}
        return [HEADING + said + users_html(people, user), versions, choices]

    def _person(self, user_id: int | None) -> UserRecord:
        with self.database.read() as session:
            person = None if user_id is None else find_user(session, user_id=user_id)
        if person is None:
            raise InputError(CHOOSE_FIRST)
        return person


def check_may_manage(user: UserRecord, role: str) -> None:
    """Raise NotAllowed unless ``user`` may give or change ``role``: admins any, leads those below them."""
    require(user, "lead")
    if user.role != "admin" and role not in ("viewer", "reviewer"):
        raise NotAllowed(f"Only an admin may make or change a {role}; {user.login} is {user.role}.")


def users_html(people: list[UserRecord], user: UserRecord) -> Markup:
    """Return everyone with role, training, whether they may log in, and their name in releases."""
    rows = [
        (
            f"{person.login} (you)" if person.id == user.id else person.login,
            person.role,
            "not stated" if person.facs_level == "none" else person.facs_level,
            badge_html("active", "good") if person.active else badge_html("switched off", "error"),
            f"R{person.id:02d}",
        )
        for person in people
    ]
    return table_html(("Login", "Role", "FACS training", "State", "Name in releases"), rows)
