"""Users: passwords, roles, and what the last admin keeps."""

import pytest
from sqlalchemy import select

from emola.errors import InputError
from review.errors import NotAllowed, StaleRecord
from review.schema import Event, User
from review.store import people
from review.store.needs import count_contents, find_needs

PASSWORD = "correct horse battery"


def test_only_the_right_password_of_an_active_user_opens(make_user, read, write):
    anna = make_user("anna", password=PASSWORD)
    assert read(people.check_password, login="anna", password=PASSWORD) == anna
    assert read(people.check_password, login="anna", password=PASSWORD + "!") is None
    assert read(people.check_password, login="nobody", password=PASSWORD) is None
    write(people.set_active, user_id=anna.id, active=False, actor_id=None, version=anna.version)
    assert read(people.check_password, login="anna", password=PASSWORD) is None


def test_someone_without_a_password_cannot_log_in_with_any(make_user, read):
    make_user("guest")
    for password in ("", "guest", "nobody at all"):
        assert read(people.check_password, login="guest", password=password) is None


def test_the_password_is_nowhere_in_the_database(make_user, database, write):
    anna = make_user("anna", password=PASSWORD)
    write(people.set_password, user_id=anna.id, password=PASSWORD + "2", actor_id=anna.id, version=anna.version)
    with database.read() as session:
        assert session.scalar(select(User.password_hash)).startswith("$argon2id$")
        events = session.scalars(select(Event)).all()
        assert [event.action for event in events] == ["create", "password"]
        assert "argon2" not in repr([(event.before, event.after) for event in events])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"login": "  "}, "login"),
        ({"login": "x" * 65}, "login"),
        ({"login": "a\nb"}, "login"),
        ({"login": "ben", "role": "king"}, "role 'king'"),
        ({"login": "ben", "facs_level": "expert"}, "FACS level 'expert'"),
        ({"login": "ben", "password": "short"}, "at least 8"),
        ({"login": "anna"}, "already a user 'anna'"),
        ({"login": "hf:anna"}, "A login has"),
        ({"login": "console", "password": PASSWORD}, "program itself works as 'console'"),
        ({"login": "visitor", "password": PASSWORD}, "program itself works as 'visitor'"),
    ],
)
def test_what_no_user_can_have_is_named(make_user, write, options, named):
    make_user("anna")
    with pytest.raises(InputError, match=named):
        write(people.create_user, **{"password": None, "role": "reviewer"} | options)


def test_someone_who_comes_again_is_the_same_user(read, write):
    first = write(people.ensure_user, login="space-user", role="reviewer")
    assert write(people.ensure_user, login="space-user", role="admin") == first
    assert read(people.find_user, login="space-user") == read(people.find_user, user_id=first.id) == first
    assert read(people.find_user, login="other") is None


@pytest.mark.parametrize("login", ["x\\ny", "x\ny", "a\tb", "a\x00b", "a\u202eb", "a<b>", "a;b", "", "   ", "a" * 65])
def test_odd_logins_are_refused_in_one_sentence(write, login):
    with pytest.raises(InputError, match=r"^A login has 1 to 64 characters: letters, digits, .*; got '.*'\.$"):
        write(people.create_user, login=login, password=None, role="reviewer")


@pytest.mark.parametrize("login", ["anna", "a.b_c-d+e@f.org", "Zoë O'Brien", "李雷", "अनीता", "R2"])
def test_names_of_many_languages_are_logins(write, read, login):
    assert write(people.create_user, login=login, password=None, role="reviewer").login == login


def test_accounts_of_the_program_are_no_people(make_user, write, read, make_description, make_campaign):
    """The console is no second admin either, and nobody can log in as it."""
    make_description()
    admin = make_user(role="admin")
    write(people.ensure_user, login=people.CONSOLE, role="admin")
    make_campaign(actor_id=admin.id)
    assert read(find_needs)[-1] == "1 place is free in the queue, for 1 person who may review."
    assert read(count_contents)["users"] == 1
    assert not read(people.has_passwords)
    with pytest.raises(NotAllowed, match="only active admin"):
        write(people.set_role, user_id=admin.id, role="lead", actor_id=None, version=admin.version)
    loop = write(people.ensure_user, login=people.LOOP, role="lead")
    write(people.set_password, user_id=loop.id, password=PASSWORD, actor_id=None, version=loop.version)
    assert read(count_contents)["users"] == 2 and read(people.has_passwords)


def test_what_hugging_face_settles_is_not_changed_here(write, read):
    ann = write(people.hub_user, name="ann", role="lead")
    assert (ann.login, ann.name) == ("hf:ann", "ann")
    write(people.set_role, user_id=ann.id, role="lead", actor_id=None, version=ann.version)
    with pytest.raises(NotAllowed, match="EMOLA_ROLES"):
        write(people.set_role, user_id=ann.id, role="admin", actor_id=None, version=ann.version)
    with pytest.raises(NotAllowed, match="no password here"):
        write(people.set_password, user_id=ann.id, password=PASSWORD, actor_id=None, version=ann.version)
    assert write(people.hub_user, name="ann", role="viewer").id == ann.id
    assert read(people.find_user, user_id=ann.id).role == "viewer"


def test_roles_contain_those_below(make_user):
    lead = make_user(role="lead")
    people.require(lead, "reviewer")
    people.require(lead, "lead")
    with pytest.raises(NotAllowed, match="needs the role admin"):
        people.require(lead, "admin")


def test_someone_switched_off_may_nothing(make_user, write):
    user = make_user(role="lead")
    off = write(people.set_active, user_id=user.id, active=False, actor_id=None, version=user.version)
    with pytest.raises(NotAllowed, match="switched off"):
        people.require(off, "viewer")


def test_the_last_active_admin_stays(make_user, write):
    first, second = make_user(role="admin"), make_user(role="admin")
    second = write(people.set_active, user_id=second.id, active=False, actor_id=first.id, version=second.version)
    change = {"user_id": first.id, "actor_id": first.id, "version": first.version}
    with pytest.raises(NotAllowed, match="only active admin"):
        write(people.set_role, role="lead", **change)
    with pytest.raises(NotAllowed, match="only active admin"):
        write(people.set_active, active=False, **change)
    write(people.set_active, user_id=second.id, active=True, actor_id=first.id, version=second.version)
    assert write(people.set_role, role="lead", **change).role == "lead"


def test_a_change_over_an_old_version_is_refused(make_user, write, read):
    user = make_user()
    change = {"user_id": user.id, "actor_id": None, "version": user.version}
    write(people.set_facs_level, level="certified", **change)
    with pytest.raises(StaleRecord) as caught:
        write(people.set_role, role="lead", **change)
    assert caught.value.theirs.facs_level == "certified"
    assert read(people.list_users)[0].role == "reviewer"


def test_keys_are_kept(make_user, write, read):
    user = make_user()
    write(people.set_keymap, user_id=user.id, keymap={"correct": "c"}, actor_id=user.id)
    assert read(people.find_user, user_id=user.id).keymap == {"correct": "c"}


def test_people_change_their_own_password_with_the_present_one(make_user, read, write):
    anna, new = make_user("anna", password=PASSWORD), "another long password"
    with pytest.raises(NotAllowed, match="present password"):
        write(people.change_own_password, user_id=anna.id, old="wrong", new=new)
    with pytest.raises(InputError, match="at least 8"):
        write(people.change_own_password, user_id=anna.id, old=PASSWORD, new="short")
    write(people.change_own_password, user_id=anna.id, old=PASSWORD, new=new)
    assert read(people.check_password, login="anna", password=new).id == anna.id
    assert read(people.check_password, login="anna", password=PASSWORD) is None
