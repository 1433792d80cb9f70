"""Users who change while the server runs."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from anyftp import FileSystem, FileSystemError, MemoryFileSystem, User, hash_password
from anyftp._cli._ending._failure import Failure
from anyftp._cli._serving._accounts import Account
from anyftp._cli._serving._users_file import Homes, UsersFile

pytestmark = pytest.mark.anyio

HASH = hash_password("wonder")
OTHER_HASH = hash_password("other")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "served" / "alice").mkdir(parents=True)
    return tmp_path / "users.toml"


def write(file: Path, name: str = "alice", *fields: str, hashed: str = HASH) -> None:
    file.write_text("\n".join([f"[users.{name}]", f'password = "{hashed}"', *fields]))


def users_of(file: Path, *others: User) -> UsersFile:
    return UsersFile(file, Homes(file.parent / "served"), others)


async def enters(users: UsersFile, name: str, password: str = "wonder") -> bool:
    return await users.authenticate(name, password, "192.0.2.1") is not None


async def file_system_of(users: UsersFile, name: str) -> FileSystem:
    user = await users.authenticate(name, "wonder", "192.0.2.1")
    assert user is not None
    return user.file_system


async def put(files: FileSystem, path: str, data: bytes) -> None:
    async with await files.open_write(PurePosixPath(path)) as opened:
        await opened.write(memoryview(data))
        await opened.commit()


async def test_who_is_in_the_file_and_who_is_beside_it(file: Path) -> None:
    write(file)
    users = users_of(file, User("bob", "x", file_system=MemoryFileSystem()))
    assert await enters(users, "alice")
    assert not await enters(users, "alice", "wrong")
    assert not await enters(users, "alice", HASH)
    assert not await enters(users, "anonymous")
    assert await enters(users, "bob", "x")


async def test_a_change_holds_from_the_next_login_on(file: Path) -> None:
    write(file)
    users = users_of(file)
    write(file, hashed=OTHER_HASH)  # as long as before, and perhaps of the same time
    assert not await enters(users, "alice")
    assert await enters(users, "alice", "other")
    write(file, "carol")
    assert await enters(users, "carol")
    assert not await enters(users, "alice", "other")


@pytest.mark.parametrize("bad", ["[users.bob]", "[users", None, "\udcff"], ids=repr)
async def test_a_bad_version_is_told_once_and_the_last_good_one_stays(
    file: Path, bad: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    write(file)
    users = users_of(file)
    if bad is None:
        file.unlink()
    else:
        file.write_bytes(bad.encode("utf-8", "surrogateescape"))
    with caplog.at_level(logging.INFO, "anyftp.server"):
        assert await enters(users, "alice")
        assert await enters(users, "alice")
        [record] = of_the_server(caplog)
        assert record.levelno == logging.ERROR
        assert record.getMessage().startswith(f"{file}: ")
        assert record.getMessage().endswith("; the users stay as they were")
        write(file, "carol")
        assert await enters(users, "carol")
        assert not await enters(users, "alice")
    assert [record.levelname for record in of_the_server(caplog)] == ["ERROR", "INFO"]


def of_the_server(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Without those of an event loop that finds something slow."""
    return [record for record in caplog.records if record.name == "anyftp.server"]


async def test_the_file_is_not_read_on_the_event_loop(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file)
    users = users_of(file)
    threads: list[int] = []
    read_bytes = Path.read_bytes

    def watched(path: Path) -> bytes:
        threads.append(threading.get_ident())
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", watched)
    assert await enters(users, "alice")
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_a_home_is_all_that_its_user_sees(file: Path) -> None:
    (file.parent / "served" / "secret").touch()
    (file.parent / "served" / "alice" / "mine").touch()
    write(file, "alice", 'home = "/alice"')
    files = await file_system_of(users_of(file), "alice")
    assert (await files.stat(PurePosixPath("/mine"))).is_file
    for path in ("/secret", "/../secret"):
        with pytest.raises(FileSystemError):
            await files.stat(PurePosixPath(path))


@pytest.mark.parametrize("home", ["/missing", "/link", "/file", "/loop"])
async def test_a_home_is_a_folder_of_the_served_one(file: Path, home: str) -> None:
    served = file.parent / "served"
    (served / "link").symlink_to(file.parent)
    (served / "loop").symlink_to("loop")
    (served / "file").touch()
    write(file, "alice", f'home = "{home}"')
    with pytest.raises(Failure, match=f"user 'alice': home: {home} must be a folder in"):
        users_of(file)


async def test_a_home_that_cannot_be_looked_at_is_a_failure(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)
    write(file, "alice", 'home = "/alice"')
    with pytest.raises(Failure, match="Permission denied"):
        users_of(file)


async def test_nobody_writes_where_the_server_only_reads(file: Path) -> None:
    write(file)
    users = UsersFile(file, Homes(file.parent / "served", read_only=True))
    with pytest.raises(FileSystemError):
        await put(await file_system_of(users, "alice"), "/f", b"x")


async def test_a_quota_counts_on_when_it_changes(file: Path) -> None:
    write(file, "alice", 'home = "/alice"', "quota = 10")
    users = users_of(file)
    before = await file_system_of(users, "alice")
    await put(before, "/f", bytes(8))
    with pytest.raises(FileSystemError):
        await put(before, "/g", bytes(4))
    write(file, "alice", 'home = "/alice"', "quota = 14")
    after = await file_system_of(users, "alice")
    await put(after, "/g", bytes(4))
    # A session that is still there uses up the same quota.
    with pytest.raises(FileSystemError):
        await put(before, "/h", bytes(1))
    await before.remove_file(PurePosixPath("/f"))
    await put(after, "/h", bytes(10))
    with pytest.raises(FileSystemError):
        await put(after, "/i", bytes(1))


async def test_a_quota_is_shared_by_those_at_home_there_and_stays_with_other_changes(
    file: Path,
) -> None:
    bob = ("[users.bob]", f'password = "{HASH}"', 'home = "/alice"')
    rest = ('home = "/alice"', "quota_files = 1", *bob)
    write(file, "alice", *rest)
    users = users_of(file)
    files = await file_system_of(users, "alice")
    assert files is await file_system_of(users, "bob")
    write(file, "alice", "max_connections = 1", *rest)
    assert files is await file_system_of(users, "alice")


def test_a_user_who_is_in_the_file_and_beside_it(file: Path) -> None:
    write(file)
    with pytest.raises(Failure, match=r"users\.toml: .*two are called 'alice'"):
        users_of(file, User("alice", "x", file_system=MemoryFileSystem()))


def test_a_home_outside_of_what_is_served(tmp_path: Path) -> None:
    served, elsewhere = tmp_path / "served", tmp_path / "elsewhere"
    served.mkdir()
    (elsewhere / "in").mkdir(parents=True)
    homes = Homes(served)
    account = Account(name="alice", password="x", folder=str(elsewhere))
    assert homes.of(account) is homes.of(replace(account, name="bob"))
    assert homes.of(replace(account, home="/in")) is not homes.of(account)
    for wrong in (replace(account, home="/none"), replace(account, folder=str(tmp_path / "no"))):
        with pytest.raises(ValueError, match="must be a folder in"):
            homes.of(wrong)
    (elsewhere / "out").symlink_to(served)
    with pytest.raises(ValueError, match="must be a folder in"):
        homes.of(replace(account, home="/out"))
