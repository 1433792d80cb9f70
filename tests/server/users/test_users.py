"""Users, their rights, and the table of them."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Any

import pytest

from anyftp._fs import FileSystem, MemoryFileSystem
from anyftp._server import Permission, Server, Session, User, UserTable, hash_password
from server.probe import Probe, serving

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
async def test_a2_unknown_names_cost_the_same_work_as_known_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: list[bytes] = []
    scrypt = hashlib.scrypt

    def counting(password: bytes, **how: Any) -> bytes:
        hashed.append(password)
        return scrypt(password, **how)

    table = UserTable([ANN, BOB])
    monkeypatch.setattr(hashlib, "scrypt", counting)
    for name in ("ann", "bob", "mallory", ""):
        assert await table.authenticate(name, "wrong", "127.0.0.1") is None
        assert hashed == [b"wrong"], name
        hashed.clear()


class Travelling(User):
    """Sees what each session has for itself."""

    def file_system_for(self, session: Session) -> FileSystem:
        tree: FileSystem = session.attachments.setdefault("mine", MemoryFileSystem())
        return tree


@pytest.mark.anyio
async def test_a_file_system_for_each_session() -> None:
    server = Server([Travelling("bob", "secret", file_system=TREE)])
    async with serving(server) as address:
        for _ in range(2):
            async with await Probe.connect(address) as probe:
                await probe.log_in()
                assert await probe.codes("CWD d", "MKD d", "CWD d") == ["550", "257", "250"]
