"""Releases by their address: not allowed, not there and sent are three answers."""

import shutil
from types import SimpleNamespace

import anyio
import pytest
from starlette.requests import Request

from review.page_release_file import release_route


@pytest.fixture
def database_url(sqlite_template, tmp_path):
    """SQLite alone: what differs between the dialects is tested with the store."""
    shutil.copy(sqlite_template, tmp_path / "review.db")
    return f"sqlite:///{tmp_path / 'review.db'}"


@pytest.mark.parametrize(
    ("role", "query", "status"), [("lead", "id=99", 404), ("lead", "id=x", 404), ("lead", "", 404), ("viewer", "", 403)]
)
def test_what_is_not_there_and_what_is_not_allowed_are_told_apart(role, query, status, database, make_user):
    user = make_user(role=role)
    send = release_route(database, SimpleNamespace(of_request=lambda _: user)).endpoint
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": []}
    answer = anyio.run(send, Request(scope))
    assert answer.status_code == status and answer.headers["cache-control"] == "no-store"
