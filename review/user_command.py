"""``python -m review user``: people are added, listed, and given roles; passwords are asked for, never typed along."""

import argparse
import sys
from getpass import getpass

from emola.errors import InputError
from review.console import Commands, actor_id, add_actor, add_command, open_database, say, say_table
from review.store.people import (
    FACS_LEVELS,
    ROLES,
    create_user,
    find_user,
    list_users,
    set_active,
    set_password,
    set_role,
)


def add_parsers(commands: Commands) -> None:
    """Add the commands."""
    parser = commands.add_parser("user", help="add and list users, change roles and passwords", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = "Add a user; the password is asked for twice."
    parser = add_command(actions, "add", run_add, words, "python -m review user add anna --role reviewer")
    parser.add_argument("login")
    parser.add_argument("--role", choices=ROLES, default="reviewer", help="default reviewer")
    parser.add_argument("--facs", choices=FACS_LEVELS, default="none", help="training in FACS (default none)")
    _add_stdin(parser)
    add_actor(parser)
    add_command(actions, "list", run_list, "List the users.", "python -m review user list")
    parser = add_command(actions, "role", run_role, "Change a user's role.", "python -m review user role anna lead")
    parser.add_argument("login")
    parser.add_argument("role", choices=ROLES)
    add_actor(parser)
    words = "Change a user's password; it is asked for twice."
    parser = add_command(actions, "password", run_password, words, "python -m review user password anna")
    parser.add_argument("login")
    _add_stdin(parser)
    add_actor(parser)
    for action in ("disable", "enable"):
        words = f"{action.capitalize()} a user; what they did stays."
        parser = add_command(actions, action, run_active, words, f"python -m review user {action} anna")
        parser.add_argument("login")
        add_actor(parser)


def _add_stdin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead")


def ask_password(from_stdin: bool) -> str:
    """Return a password, asked for twice on a terminal.

    Raises:
        InputError: the two differ, or there is no terminal to ask on.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise InputError("There is no terminal to ask for the password; give it with --password-stdin.")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise InputError("The two passwords differ; nothing was changed.")
    return password


def run_add(options: argparse.Namespace) -> int:
    """Add a user."""
    password = ask_password(options.password_stdin)
    with open_database(options.db, create=True) as database, database.write() as session:
        user = create_user(
            session,
            login=options.login,
            password=password,
            role=options.role,
            facs_level=options.facs,
            actor_id=actor_id(session, options.actor, "admin"),
        )
    say(f"Added {user.login} as {user.role}.")
    return 0


def run_list(options: argparse.Namespace) -> int:
    """List users."""
    with open_database(options.db) as database, database.read() as session:
        found = list_users(session)
    rows = [(user.id, user.login, user.role, user.facs_level, "yes" if user.active else "no") for user in found]
    if rows:
        say_table(("id", "login", "role", "FACS", "active"), rows)
    else:
        say("There is no user yet; add one with: python -m review user add LOGIN --role admin")
    return 0


def run_role(options: argparse.Namespace) -> int:
    """Change a role."""
    with open_database(options.db) as database, database.write() as session:
        user = find_user(session, login=options.login)
        if user is None:
            raise InputError(f"There is no user {options.login!r}; see: python -m review user list.")
        actor = actor_id(session, options.actor, "admin")
        changed = set_role(session, user_id=user.id, role=options.role, actor_id=actor, version=user.version)
    say(f"{changed.login} is {changed.role} now.")
    return 0


def run_password(options: argparse.Namespace) -> int:
    """Change a password."""
    password = ask_password(options.password_stdin)
    with open_database(options.db) as database, database.write() as session:
        user = find_user(session, login=options.login)
        if user is None:
            raise InputError(f"There is no user {options.login!r}; see: python -m review user list.")
        actor = actor_id(session, options.actor, "admin")
        set_password(session, user_id=user.id, password=password, actor_id=actor, version=user.version)
    say(f"The password of {options.login} is changed; sessions that are open stay open until they sign out.")
    return 0


def run_active(options: argparse.Namespace) -> int:
    """Switch a user off or on."""
    with open_database(options.db) as database, database.write() as session:
        user = find_user(session, login=options.login)
        if user is None:
            raise InputError(f"There is no user {options.login!r}; see: python -m review user list.")
        actor = actor_id(session, options.actor, "admin")
        active = options.action == "enable"
        set_active(session, user_id=user.id, active=active, actor_id=actor, version=user.version)
    say(f"{options.login} is {'enabled' if active else 'disabled'}.")
    return 0
