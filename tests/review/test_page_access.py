"""Who gets in: the visitor on this machine, names with passwords, OAuth names with roles; and what others read."""

import time
from types import SimpleNamespace

import anyio
import pytest
from starlette.requests import Request

from emola.errors import InputError
from review.errors import NotAllowed
from review.page_access import Access, end_sessions, read_roles
from review.store.people import ensure_user, find_user, list_users, set_active
from review.tries import MOST_LOGINS, PAUSE_S, TRIES, Tries

PASSWORD = "a long enough password"


def request_of(host="localhost:7860", cookies="", session=None, tokens=None):
    app = SimpleNamespace(cookie_id="abc", tokens=tokens or {})
    headers = [(b"host", host.encode()), (b"cookie", cookies.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers, "app": app}
    if session is not None:
        scope["session"] = session
    return Request(scope)


def oauth_session(name, lives_s=600.0):
    return {"oauth_info": {"userinfo": {"preferred_username": name}, "expires_at": time.time() + lives_s}}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.0.0.2"])
def test_this_machine_needs_no_login_and_says_so(database, host):
    access = Access.choose(database, host, None, {})
    assert (access.mode, access.needs_password) == ("visitor", False)
    assert "No login on this machine" in access.sentence and "requires a login" in access.sentence
    assert access.of_request(request_of()).login == "visitor"
    assert access.of_request(request_of("[::1]:7860")).role == "admin"


def test_any_other_host_requires_a_login(database, make_user):
    with pytest.raises(InputError, match=r"0\.0\.0\.0 needs --auth"):
        Access.choose(database, "0.0.0.0", False, {})
    with pytest.raises(InputError, match="user add NAME"):
        Access.choose(database, "0.0.0.0", None, {})
    make_user("ann", password=PASSWORD)
    assert Access.choose(database, "0.0.0.0", None, {}).needs_password


@pytest.mark.parametrize("host", ["studio.example", "evil.example:7860", "localhost.evil.example", "", "127.0.0.1.x"])
def test_without_login_a_foreign_host_name_is_refused(database, host):
    access = Access(database, "visitor")
    with pytest.raises(NotAllowed, match="only at localhost"):
        access.of_request(request_of(host))


def test_a_password_opens_and_too_many_wrong_ones_close(database, make_user):
    make_user("ann", password=PASSWORD)
    access = Access(database, "password")
    assert anyio.run(access.check_login, "ann", PASSWORD)
    assert not anyio.run(access.check_login, "ann", "wrong password")
    assert not anyio.run(access.check_login, "nobody", PASSWORD)
    for _ in range(TRIES - 1):
        assert not anyio.run(access.check_login, "ann", "wrong password")
    assert not anyio.run(access.check_login, "ann", PASSWORD)


def test_tries_at_the_same_time_are_counted_before_any_is_answered(database, make_user, monkeypatch):
    make_user("ann", password=PASSWORD)
    access = Access(database, "password")
    looked = []
    monkeypatch.setattr(access, "_check", lambda login, _password: looked.append(login))

    async def attack():
        async with anyio.create_task_group() as tasks:
            for number in range(4 * TRIES):
                tasks.start_soon(access.check_login, "ann", f"guess {number}")

    anyio.run(attack)
    assert looked == ["ann"] * TRIES


def test_after_a_pause_one_more_password_is_looked_at():
    now = [100.0]
    tries = Tries(clock=lambda: now[0])
    assert [tries.begin("ann") for _ in range(TRIES + 1)] == [True] * TRIES + [False]
    now[0] += PAUSE_S
    assert tries.begin("ann") and not tries.begin("ann")
    tries.forget("ann")
    assert tries.begin("ann")


def test_names_that_nobody_has_do_not_fill_the_memory():
    tries = Tries()
    for number in range(MOST_LOGINS + 50):
        tries.begin(f"{number} " + "x" * 5000)
        tries.begin("ann")  # tried again and again: it is never the oldest
    assert len(tries) == MOST_LOGINS and not tries.begin("ann") and tries.begin("0 " + "x" * 5000)


def test_faces_are_for_reviewers(database, make_user):
    for login, role in (("ann", "reviewer"), ("vic", "viewer")):
        make_user(login, role=role)
    access = Access(database, "password")
    may = [access.may_see_faces(SimpleNamespace(username=name)) for name in ("ann", "vic", "gone", None)]
    assert may == [True, False, False, False]
    here, elsewhere = (SimpleNamespace(request=request_of(host)) for host in ("localhost:7860", "studio.example"))
    own = Access(database, "visitor")
    assert own.may_see_faces(here) and not own.may_see_faces(elsewhere)


def test_the_session_of_gradio_names_the_user(database, make_user):
    ann = make_user("ann")
    access = Access(database, "password")
    tokens = {"t1": "ann", "t2": "gone"}
    assert access.of_request(request_of(cookies="access-token-abc=t1", tokens=tokens)).id == ann.id
    assert access.of_request(request_of(cookies="access-token-unsecure-abc=t1", tokens=tokens)).id == ann.id
    for cookies in ("", "access-token-abc=t9", "access-token-xyz=t1", "access-token-abc=t2"):
        with pytest.raises(NotAllowed):
            access.of_request(request_of(cookies=cookies, tokens=tokens))
    assert access.who(SimpleNamespace(username="ann")).id == ann.id
    with pytest.raises(NotAllowed, match="not signed in"):
        access.who(SimpleNamespace(username=None))


def test_other_sessions_of_a_login_end_and_no_one_elses():
    tokens = {"here": "ann", "elsewhere": "ann", "bobs": "bob"}
    end_sessions(SimpleNamespace(request=request_of(cookies="access-token-unsecure-abc=here", tokens=tokens)), "ann")
    assert tokens == {"here": "ann", "bobs": "bob"}
    end_sessions(SimpleNamespace(request=request_of(cookies="access-token-abc=here", tokens=tokens)), "bob")
    assert tokens == {"here": "ann"}


def test_an_account_that_is_switched_off_is_out_at_once(database, make_user):
    ann = make_user("ann")
    access = Access(database, "password")
    with database.write() as session:
        set_active(session, user_id=ann.id, active=False, actor_id=None, version=ann.version)
    with pytest.raises(NotAllowed, match="switched off"):
        access.of_request(request_of(cookies="access-token-abc=t", tokens={"t": "ann"}))


def test_oauth_names_get_the_role_of_the_setting(database):
    environment = {"SPACE_ID": "team/studio", "OAUTH_CLIENT_ID": "x", "EMOLA_ROLES": "ann:admin, bob:lead,*:viewer"}
    access = Access.choose(database, "0.0.0.0", None, environment)
    assert access.mode == "oauth"
    for name, role in (("ann", "admin"), ("bob", "lead"), ("cleo", "viewer")):
        assert access.of_request(request_of("x.hf.space", session=oauth_session(name))).role == role
    with database.read() as session:
        assert [(user.login, user.name) for user in list_users(session)] == [
            ("hf:ann", "ann"),
            ("hf:bob", "bob"),
            ("hf:cleo", "cleo"),
        ]


def test_an_oauth_name_is_never_the_local_account_of_that_name(database, make_user):
    make_user("lena", role="lead", password=PASSWORD)
    Access(database, "visitor").of_request(request_of())
    with database.write() as session:
        ensure_user(session, login="console", role="admin")
    access = Access(database, "oauth", {"*": "viewer"})
    for name in ("lena", "visitor", "console", "loop", "sample project"):
        came = access.of_request(request_of(session=oauth_session(name)))
        assert (came.login, came.role) == (f"hf:{name}", "viewer")
    assert access.of_request(request_of(session=oauth_session("hf"))).login == "hf:hf"
    with pytest.raises(InputError, match="A login has"):
        access.of_request(request_of(session=oauth_session("hf:lena")))


def test_another_role_in_the_setting_holds_at_the_next_visit(database):
    came = request_of(session=oauth_session("ann"))
    first = Access(database, "oauth", {"ann": "admin"}).of_request(came)
    then = Access(database, "oauth", {"*": "viewer"}).of_request(came)
    assert (first.role, then.role, then.id) == ("admin", "viewer", first.id)
    with pytest.raises(NotAllowed, match="ann has no role here"):
        Access(database, "oauth", {"bob": "admin"}).of_request(came)
    with database.write() as session:
        set_active(session, user_id=then.id, active=False, actor_id=None, version=then.version)
    with pytest.raises(NotAllowed, match="switched off"):
        Access(database, "oauth", {"ann": "admin"}).of_request(came)


def test_oauth_without_a_name_or_a_role_or_out_of_time_is_refused(database):
    access = Access(database, "oauth", {"ann": "reviewer"})
    for session in (None, {}, {"oauth_info": "x"}, oauth_session("ann", -1.0), oauth_session("")):
        with pytest.raises(NotAllowed, match="not signed in"):
            access.of_request(request_of(session=session))
    with pytest.raises(NotAllowed, match="bob has no role here"):
        access.of_request(request_of(session=oauth_session("bob")))
    with database.read() as session:
        assert find_user(session, login="bob") is None


def test_roles_are_read_or_refused():
    assert read_roles("") == {}
    assert read_roles("a:b:lead,*:viewer") == {"a:b": "lead", "*": "viewer"}
    for setting in ("ann", "ann:boss", ":lead"):
        with pytest.raises(InputError, match="expected NAME:ROLE"):
            read_roles(setting)
