"""Users, their rights, and the table of them."""

from __future__ import annotations

import statistics
import time
from pathlib import PurePosixPath

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._server import Permission, User, UserTable, hash_password

TREE = MemoryFileSystem()
P = PurePosixPath


def test_rights_by_default() -> None:
    assert User("bob", file_system=TREE).allowed(P("/x")) == Permission.ALL
    assert User(file_system=TREE).allowed(P("/x")) == Permission.READ_ONLY


def test_the_longest_path_decides() -> None:
    rules = {"/": Permission.READ_ONLY, "/in": Permission.CREATE, "/in/deep": Permission(0)}
    user = User("bob", file_system=TREE, permissions=rules)
    assert user.allowed(P("/")) == Permission.READ_ONLY
    assert user.allowed(P("/other/x")) == Permission.READ_ONLY
    assert user.allowed(P("/in")) == Permission.CREATE
    assert user.allowed(P("/in/x/y")) == Permission.CREATE
    assert user.allowed(P("/in/deep/x")) == Permission(0)
    assert user.allowed(P("/index")) == Permission.READ_ONLY


def test_without_a_rule_nothing_is_allowed() -> None:
    user = User("bob", file_system=TREE, permissions={"/in": Permission.ALL})
    assert user.allowed(P("/x")) == Permission(0)


def test_what_makes_no_user() -> None:
    with pytest.raises(ValueError, match="password hash"):
        User("bob", "scrypt$broken", file_system=TREE)
    with pytest.raises(ValueError, match="home"):
        User("bob", home="x", file_system=TREE)
    with pytest.raises(ValueError, match="bob"):
        UserTable([User("bob", file_system=TREE), User("bob", file_system=TREE)])


def test_no_password_in_repr() -> None:
    assert "secret" not in repr(User("bob", "secret", file_system=TREE))


BOB = User("bob", "secret", file_system=TREE)
ANN = User("ann", hash_password("hashed"), file_system=TREE)
FREE = User("free", file_system=TREE)
NOBODY = User(file_system=TREE)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "password", "expected"),
    [
        ("bob", "secret", BOB),
        ("bob", "Secret", None),
        ("bob", "", None),
        ("ann", "hashed", ANN),
        ("ann", "wrong", None),
        ("ann", ANN.password, None),
        ("free", "anything", FREE),
        ("anonymous", "me@example.org", NOBODY),
        ("FTP", "", NOBODY),
        ("mallory", "secret", None),
    ],
)
async def test_who_gets_in(name: str, password: str, expected: User | None) -> None:
    table = UserTable([BOB, ANN, FREE, NOBODY])
    assert await table.authenticate(name, password, "127.0.0.1") is expected


@pytest.mark.anyio
async def test_no_anonymous_unless_there_is_one() -> None:
    assert await UserTable([BOB]).authenticate("anonymous", "", "127.0.0.1") is None


@pytest.mark.anyio
@pytest.mark.wallclock
async def test_unknown_names_take_as_long_as_known_ones() -> None:
    table = UserTable([ANN, BOB])

    async def median(name: str) -> float:
        seconds = []
        for _ in range(7):
            began = time.perf_counter()
            await table.authenticate(name, "wrong", "127.0.0.1")
            seconds.append(time.perf_counter() - began)
        return statistics.median(seconds)

    known, plain, unknown = await median("ann"), await median("bob"), await median("mallory")
    assert 0.2 < known / unknown < 5
    assert 0.2 < plain / unknown < 5
