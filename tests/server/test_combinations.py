"""Two features at a time: what each promises alone holds beside the other."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import (
    BanPolicy,
    FileSystem,
    LocalFileSystem,
    MemoryFileSystem,
    QuotaFileSystem,
    Server,
    Session,
    TLSPolicy,
    Upload,
    UploadRejectedError,
)
from server.probe import Probe, logged_in, server_of, serving
from server.tls_probe import logged_in_by_tls, secure_data

pytestmark = pytest.mark.anyio

P = PurePosixPath
COMB = ["COMB", "HASH", "RANG", "AVBL", "MODE Z"]


@pytest.fixture(params=[MemoryFileSystem, LocalFileSystem], ids=["memory", "disk"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    make: Callable[..., FileSystem] = request.param
    return make(tmp_path) if make is LocalFileSystem else make()


async def counted(quota: QuotaFileSystem, tree: FileSystem) -> int:
    """What counts, which is what there is."""
    usage = await quota.usage()
    assert usage == await QuotaFileSystem(tree).usage()
    assert await quota.space_left(P("/")) == 100 - usage.nbytes
    return usage.nbytes


async def settled(quota: QuotaFileSystem, tree: FileSystem, nbytes: int) -> None:
    """Wait until what was set aside is given back."""
    with anyio.fail_after(10):
        while await quota.space_left(P("/")) != 100 - nbytes:
            await anyio.sleep(0.01)
    assert await counted(quota, tree) == nbytes


# Hooks, kicks, quotas, parts


@asynccontextmanager
async def held_by_a_hook(
    tree: FileSystem, **options: Any
) -> AsyncIterator[tuple[Server, Probe, Session]]:
    """An upload that has come whole and is being looked at, for as long as it likes."""
    looking = anyio.Event()
    seen: list[Session] = []

    async def look(session: Session, upload: Upload) -> None:
        async with await upload.open() as file:
            assert await file.readinto(memoryview(bytearray(100)))
        seen.append(session)
        looking.set()
        await anyio.sleep_forever()

    server = server_of(tree, on_upload=look, **options)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.log_in()
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await data.write(b"x" * 60)
        with anyio.fail_after(10):
            await looking.wait()
        yield server, probe, seen[0]


@pytest.mark.parametrize("partial", ["delete", "keep"])
@pytest.mark.parametrize("how", ["kick", "disconnect", "abort", "drain"])
async def test_an_upload_that_is_looked_at_ends(how: str, partial: Any, tree: FileSystem) -> None:
    """Nobody has said that it is good: it is not there, and counts for nothing."""
    quota = QuotaFileSystem(tree, max_bytes=100)
    async with held_by_a_hook(quota, partial_uploads=partial) as (server, probe, session):
        if how == "kick":
            session.kick()
            assert (await probe.reply())[:3] == "421"
        elif how == "disconnect":
            probe.stream.close()
        elif how == "abort":
            assert await probe.codes("ABOR") == ["426"]
        else:
            await server.drain(0.1)
        await settled(quota, tree, 0)
        with anyio.fail_after(10):
            while how in ("kick", "disconnect") and server.sessions:
                await anyio.sleep(0.01)


async def test_what_a_hook_rejects_leaves_its_room(tree: FileSystem) -> None:
    async def reject(session: Session, upload: Upload) -> None:
        if upload.nbytes > 20:
            raise UploadRejectedError("no")

    quota = QuotaFileSystem(tree, max_bytes=100)
    async with logged_in(server_of(quota, on_upload=reject)) as probe:
        for command in ("STOR f", "APPE f", "STOR f", "STOU", "APPE g"):
            assert (await probe.upload(command, b"x" * 10))[:3] == "226"
            before = await counted(quota, tree)
            assert (await probe.upload(command, b"x" * 21))[:3] == "550"
            assert await counted(quota, tree) == before


async def test_a_part_that_is_kept_counts(tree: FileSystem) -> None:
    quota = QuotaFileSystem(tree, max_bytes=20_000_000)
    async with logged_in(server_of(quota, partial_uploads="keep")) as probe:
        for command in ("STOR f", "APPE f", "STOR g", "STOR f"):
            async with await probe.open_data() as data:
                await probe.ask(command)
                await data.write(b"x" * 4_000_000)
                assert (await probe.ask("ABOR"))[:3] == "426"
                assert (await probe.reply())[:3] == "226"
            usage = await quota.usage()
            assert usage == await QuotaFileSystem(tree).usage()
            assert await quota.space_left(P("/")) == 20_000_000 - usage.nbytes
        assert usage.nbytes > 0
        assert (await probe.upload("STOR big", b"x" * 20_000_000))[:3] == "552"
        assert await quota.usage() == usage == await QuotaFileSystem(tree).usage()


async def test_parts_are_combined_within_the_quota(tree: FileSystem) -> None:
    quota = QuotaFileSystem(tree, max_bytes=100)
    async with logged_in(server_of(quota, extensions=COMB)) as probe:
        await probe.upload("STOR a", b"a" * 30)
        await probe.upload("STOR b", b"b" * 30)
        assert (await probe.ask('COMB "whole" "a" "b"'))[:3] == "552"
        assert await counted(quota, tree) == 60
        assert (await probe.ask("SIZE whole"))[:3] == "550"
        assert (await probe.ask("DELE b"))[:3] == "250"
        assert (await probe.ask('COMB "a" "a"'))[:3] == "501"
        assert (await probe.ask('COMB "whole" "a"'))[:3] == "250"
        assert await counted(quota, tree) == 30  # parts are gone once they are in the whole
        assert (await probe.download("RETR whole"))[0] == b"a" * 30


async def test_links_are_followed_by_what_combines_hashes_and_counts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").write_bytes(b"secret")
    os.symlink(tmp_path / "out", tmp_path / "in" / "leads-out")
    (tmp_path / "in" / "f").write_bytes(b"12345")
    os.symlink("f", tmp_path / "in" / "l")
    quota = QuotaFileSystem(LocalFileSystem(tmp_path / "in"), max_bytes=100)
    async with logged_in(server_of(quota, extensions=COMB)) as probe:
        assert (await probe.ask("HASH l"))[:3] == "213"
        for line in ("HASH leads-out", 'COMB "x" "leads-out"', 'COMB "leads-out" "f"'):
            assert (await probe.ask(line))[0] == "5", line
        for line in ("SITE CHMOD 666 leads-out", "MFMT 20200101000000 leads-out"):
            assert (await probe.ask(line))[0] == "5", line
        assert (await probe.ask('COMB "l" "f"'))[0] == "5"
        assert (await probe.upload("APPE l", b"67"))[:3] == "226"
        assert (tmp_path / "in" / "f").read_bytes() == b"1234567"
        assert (tmp_path / "out").read_bytes() == b"secret"


# Offsets, ranges, modes


async def test_what_was_said_of_the_next_transfer_is_for_that_one_alone() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"0123456789")
    async with logged_in(server_of(tree, extensions=COMB)) as probe:
        assert await probe.codes("REST 3", "RANG 1 2") == ["350", "350"]
        assert (await probe.download("RETR f"))[0] == b"12"
        assert (await probe.download("RETR f"))[0] == b"0123456789"
        assert await probe.codes("RANG 1 2", "REST 3") == ["350", "350"]
        assert (await probe.download("RETR f"))[0] == b"3456789"
        for setting in ("REST 3", "RANG 1 2"):
            for after in ("ABOR", "MKD d1", "RMD d1", "HASH f", "NOOP"):
                assert (await probe.ask(setting))[:3] == "350"
                assert (await probe.ask(after))[0] == "2", after
                found = (await probe.download("RETR f"))[0]
                assert found in (b"0123456789", b"3456789", b"12"), (setting, after)
                assert (await probe.download("RETR f"))[0] == b"0123456789"
        for command in ("APPE f", "STOU"):
            assert (await probe.ask("REST 3"))[:3] == "350"
            async with await probe.open_data():
                assert (await probe.ask(command))[:3] == "554", command
        assert tree.get("f") == b"0123456789"


# TLS


@pytest.mark.parametrize(
    "line", ["PROT C", "PROT P", "PBSZ 0", "AUTH TLS", "CCC", "REIN", "USER eve", "TYPE A", "PASV"]
)
async def test_settings_that_change_in_a_transfer_wait_for_its_end(
    line: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    tree = MemoryFileSystem()
    server = server_of(tree, ssl_context=server_tls, tls_policy=TLSPolicy(allow_ccc=True))
    async with (
        serving(server) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        data = await secure_data(probe, client_tls, "STOR f")
        await data.write(b"half\r\n")
        await probe.send(line)
        await data.write(b"whole\r\n")
        with anyio.move_on_after(0.1):
            raise AssertionError(await probe.reply())
        await data.aclose()
        assert (await probe.reply())[:3] == "226"
        assert (await probe.reply())[0] in "235"
        assert tree.get("f") == b"half\r\nwhole\r\n"


async def test_settings_of_the_server_that_change_under_a_session(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    tree = MemoryFileSystem()
    server = server_of(tree, ssl_context=server_tls, extensions=COMB)
    async with (
        serving(server) as address,
        await logged_in_by_tls(address, client_tls) as probe,
        await Probe.connect(address) as clear,
    ):
        await clear.log_in()
        assert await clear.codes("MODE Z") == ["200"]
        server.change(extensions=(), hide=["*"], passive_ports=[], max_listing=1)
        assert await clear.codes("EPSV", "MODE Z", "COMB x y") == ["425", "504", "500"]
        server.change(passive_ports=None)
        # What it has said before still holds for it, until it says otherwise.
        assert (await clear.upload("STOR z", b"no zlib"))[:3] == "426"
        assert await clear.codes("MODE S") == ["200"]
        assert (await clear.upload("STOR z", b"no zlib"))[:3] == "226"
        server.change(require_tls=True)
        assert await clear.codes("NOOP", "EPSV", "LIST") == ["200", "229", "522"]
        async with await secure_data(probe, client_tls, "STOR f") as data:
            await data.write(b"x")
        assert (await probe.reply())[:3] == "226"
        server.change(require_tls=False)
        server.change(ssl_context=None)
        # Nobody gets to clear text by it who was in TLS.
        assert await probe.codes("PROT C", "NOOP") == ["502", "200"]
        async with await secure_data(probe, client_tls, "RETR f") as data:
            assert await data.read() == b"x"
        assert (await probe.reply())[:3] == "226"
        async with await Probe.connect(address) as late:
            await late.reply()
            assert (await late.ask("AUTH TLS"))[0] == "5"


# Bans, limits, proxies


async def test_a_ban_is_of_whoever_stands_behind_the_proxy() -> None:
    server = server_of(
        proxy_protocol=["127.0.0.9"],
        ban=BanPolicy(failures=2, within=60.0, seconds=60.0),
        max_connections_per_address=1,
        max_login_failures=5,
    )

    def header(client: str) -> bytes:
        return f"PROXY TCP4 {client} 198.51.100.1 40000 21".encode()

    async with serving(server) as address:

        async def come(client: str) -> str:
            async with await Probe.connect(address, local_host="127.0.0.9") as probe:
                await probe.send(header(client))
                reply = await probe.reply()
                if reply[:3] == "220":
                    await probe.ask("USER bob")
                    reply = await probe.ask("PASS wrong")
                return reply[:3]

        assert await come("192.0.2.1") == "530"
        assert await come("192.0.2.1") in ("421", "530")
        with anyio.fail_after(10):
            while server.sessions:
                await anyio.sleep(0.01)
        assert await come("192.0.2.1") == "421"
        assert await come("192.0.2.2") == "530"
        assert server.bans.seconds_left(anyio.current_time()).keys() == {"192.0.2.1"}
        assert server.bans.lift("192.0.2.1")
        assert await come("192.0.2.1") == "530"


# Names


@pytest.mark.parametrize("prefix", ["", "/", "d/", "/d/../", "d/./", "//"])
async def test_reserved_names_by_any_way(prefix: str, tmp_path: Path) -> None:
    name = f"{prefix}.anyftp-0123456789abcdef.part"
    tree = LocalFileSystem(tmp_path)
    async with logged_in(server_of(tree, extensions=COMB, hide=["h*"])) as probe:
        await probe.ask("MKD d")
        await probe.upload("STOR f", b"x")
        lines = [f"MKD {name}", f"SIZE {name}", f"DELE {name}", f"RMD {name}", f"CWD {name}"]
        lines += [f"MDTM {name}", f"MLST {name}", f"HASH {name}", f"SITE CHMOD 777 {name}"]
        lines += [f'COMB "{name}" "f"', f'COMB "g" "{name}"', f"RNFR {name}", f"{lines[0]}/x"]
        for line in lines:
            assert (await probe.ask(line))[0] == "5", line
        assert await probe.codes("RNFR f") == ["350"]
        assert (await probe.ask(f"RNTO {name}"))[0] == "5"
        for command in (f"STOR {name}", f"APPE {name}", f"STOR {name}/x", f"RETR {name}"):
            data = await probe.open_data()
            assert (await probe.ask(command))[0] == "5", command
            await data.aclose()
        assert (await probe.download("NLST"))[0] in (b"d\r\nf\r\n", b"f\r\nd\r\n")


async def test_a_hidden_name_is_used_all_the_same(tree: FileSystem) -> None:
    async with logged_in(server_of(tree, hide=["*.tmp"])) as probe:
        await probe.upload("STOR f", b"x")
        assert await probe.codes("RNFR f", "RNTO f.tmp") == ["350", "250"]
        for command in ("NLST", "LIST", "MLSD", "NLST *.tmp", "LIST f*"):
            assert b"f.tmp" not in (await probe.download(command))[0]
        assert (await probe.download("RETR f.tmp"))[0] == b"x"
        assert await probe.codes("MKD d", "RNFR f.tmp", "RNTO d/f.tmp") == ["257", "350", "250"]
        assert (await probe.ask("RMD d"))[:3] == "550"  # it is not empty
        assert await probe.codes("DELE d/f.tmp", "RMD d") == ["250", "250"]


# ABOR


async def test_abor_in_each_state(tree: FileSystem) -> None:
    async with logged_in(server_of(tree, extensions=COMB)) as probe:
        await probe.upload("STOR f", b"x" * 10)
        for lines in (
            [],
            ["EPSV"],
            ["REST 3"],
            ["RNFR f"],
            ["EPSV", "REST 3"],
            ["TYPE A", "MODE Z", "MODE S", "TYPE I"],
            ["MKD d"],
            ["HASH f"],
        ):
            await probe.codes(*lines)
            assert await probe.codes("ABOR", "NOOP") == ["226", "200"], lines
        data = await probe.open_data()
        assert await probe.codes("ABOR", "NOOP") == ["226", "200"]
        await data.aclose()
        assert (await probe.download("RETR f"))[0] == b"x" * 10
