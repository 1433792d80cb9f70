"""What the methods of the client promise in common: their docstrings, and the errors of all."""

from __future__ import annotations

import inspect
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import (
    Client,
    ConnectionLost,
    FTPTimeoutError,
    LocalProtocolError,
    RemoteProtocolError,
    ReplyError,
    TLSError,
)
from client.calls import CALLS, CALLS_WITHOUT
from client.peer import Answer, Peer, hang_up, silent
from support.clocks import VIRTUAL_BACKENDS

pytestmark = pytest.mark.anyio

ALL = {**CALLS, **CALLS_WITHOUT}

#: Those that are never an error, or are the beginning.
SAFE = {"quit", "aclose", "close", "connect", "context"}

#: Refusals that are an answer: there is no such file; the server tells nothing.
ANSWERED = {"exists", "is_file", "is_dir", "features", "system"}

VERBS = [*Peer().answers, "SYST", "HASH", "XSHA256", "SITE", "MFMT", "STAT", "ACCT", "F"]


def public_methods() -> Iterator[tuple[str, Any]]:
    for name, member in inspect.getmembers(Client, inspect.isfunction):
        if not name.startswith("_"):
            yield name, member


def test_every_docstring_tells_errors_and_what_cancelling_does() -> None:
    waiting = [
        (name, inspect.getdoc(member) or "")
        for name, member in public_methods()
        if inspect.iscoroutinefunction(member)
    ]
    assert len(waiting) > 30
    assert [name for name, text in waiting if "Cancellation: " not in text] == []
    assert [n for n, text in waiting if "Raises:\n" not in text and n not in SAFE] == []


def test_every_method_is_among_the_calls() -> None:
    elsewhere = SAFE | {"abort", "receive_reply", "keep_alive", "clear_command_channel"}
    elsewhere |= {"measure_zone", "start_tls", "is_alive"}
    called = {name.partition(" ")[0] for name in ALL}
    assert {name for name, _ in public_methods()} - called - elsewhere == set()


async def errors_of_all(answer: Answer, mine: Path, **options: Any) -> dict[str, BaseException]:
    """What each call ends with, on a server that gives this answer to everything."""
    (mine / "mine").write_bytes(b"x")
    (mine / "tree").mkdir(exist_ok=True)
    ended: dict[str, BaseException] = {}
    for name, call in ALL.items():
        peer = Peer()
        async with peer.client(**options) as client:
            peer.answers |= dict.fromkeys(VERBS, answer)
            try:
                await call(client, "f", mine)
                if name == "send_command":
                    await client.receive_reply()
            except Exception as error:
                ended[name] = error
    return ended


def kinds_but(kind: type[BaseException], ended: dict[str, BaseException]) -> dict[str, object]:
    found: dict[str, object] = {
        name: ended.get(name) for name in ALL if not isinstance(ended.get(name), kind)
    }
    return found


@pytest.mark.parametrize("answer", ["550 no", "450 not now", "500 what?"])
async def test_a_refusal_is_a_reply_error(answer: str, tmp_path: Path) -> None:
    ended = await errors_of_all(answer, tmp_path)
    others = kinds_but(ReplyError, ended)
    assert isinstance(others.pop("upgrade_to_tls"), TLSError)
    others = {name: error for name, error in others.items() if name not in ANSWERED}
    assert others == {"send_command": None}  # whose replies are the caller's business


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_silence_is_a_timeout(tmp_path: Path) -> None:
    ended = await errors_of_all(silent, tmp_path, timeout=3, close_timeout=1)
    assert kinds_but(FTPTimeoutError, ended) == {}


async def test_a_server_that_hangs_up_is_lost(tmp_path: Path) -> None:
    assert kinds_but(ConnectionLost, await errors_of_all(hang_up, tmp_path)) == {}


async def test_nonsense_breaks_the_protocol(tmp_path: Path) -> None:
    assert kinds_but(RemoteProtocolError, await errors_of_all(b"what?\r\n", tmp_path)) == {}


async def test_not_connected(tmp_path: Path, client_tls: ssl.SSLContext) -> None:
    (tmp_path / "mine").write_bytes(b"x")
    (tmp_path / "tree").mkdir()
    client = Client(ssl_context=client_tls)
    for call in ALL.values():
        with pytest.raises(LocalProtocolError, match="not connected"):
            await call(client, "f", tmp_path)


async def test_another_task_is_at_it(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"x")
    (tmp_path / "tree").mkdir()
    peer = Peer()
    async with peer.client() as client:
        with client._connected().turn():
            for call in ALL.values():
                with pytest.raises(anyio.BusyResourceError):
                    await call(client, "f", tmp_path)
        assert peer.commands == []


async def test_a_stream_that_is_not_finished_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"x")
    (tmp_path / "tree").mkdir()
    peer = Peer()
    async with peer.client() as client:
        stream = await client.download_stream("f")
        before = list(peer.commands)
        for call in ALL.values():
            with pytest.raises(LocalProtocolError, match="under way"):
                await call(client, "f", tmp_path)
        assert peer.commands == before
        await stream.read()
        await stream.finish()
        await client.noop()
