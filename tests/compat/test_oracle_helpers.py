"""aioftp's odds and ends and ours: locales, and contexts that resume a TLS session."""

from __future__ import annotations

import contextlib
import locale
import socket
import ssl
from typing import Any

import pytest

import anyftp_compat


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


def locales(package: Any) -> Any:
    before = locale.setlocale(locale.LC_ALL)
    with package.setlocale("C") as name:
        inside = name, locale.setlocale(locale.LC_ALL), package.common.LOCALE_LOCK.locked()
    found: list[Any] = [inside, locale.setlocale(locale.LC_ALL) == before]
    for wrong in ("no such locale", 5):
        try:
            with package.setlocale(wrong):
                found.append("entered")
        except Exception as error:
            found.append(type(error).__name__)
    return found, locale.setlocale(locale.LC_ALL) == before


def test_locales(oracle: Any) -> None:
    assert locales(anyftp_compat) == locales(oracle)


def pumped(client: ssl.SSLObject, server: ssl.SSLObject, pipes: list[ssl.MemoryBIO]) -> None:
    """Shake hands in memory, and let the tickets of TLS 1.3 through."""
    to_client, from_client, to_server, from_server = pipes
    for _ in range(6):
        for side in (client, server):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            to_server.write(from_client.read())
            to_client.write(from_server.read())
    server.write(b"x")
    to_client.write(from_server.read())
    assert client.read(1) == b"x"


def resumed(package: Any, client_tls: ssl.SSLContext, server_tls: ssl.SSLContext) -> Any:
    """Whether a second connection resumes the first one's session."""

    def connect(context: ssl.SSLContext) -> ssl.SSLObject:
        pipes = [ssl.MemoryBIO() for _ in range(4)]
        client = context.wrap_bio(pipes[0], pipes[1], server_hostname="localhost")
        server = server_tls.wrap_bio(pipes[2], pipes[3], server_side=True)
        pumped(client, server, pipes)
        return client

    first = connect(client_tls)
    assert first.session is not None
    bound = package.SSLSessionBoundContext(ssl.PROTOCOL_TLS_CLIENT, client_tls, first.session)
    second = connect(bound)
    found: list[Any] = [
        first.session_reused,
        second.session_reused,
        isinstance(bound, ssl.SSLContext),
    ]
    found += [bound.context is client_tls, bound.session is first.session]
    here, there = socket.socketpair()
    with here, there:
        wrapped = bound.wrap_socket(
            here, do_handshake_on_connect=False, server_hostname="localhost"
        )
        found += [type(wrapped).__name__, wrapped.server_hostname, wrapped.context is client_tls]
        wrapped.close()
    try:
        package.SSLSessionBoundContext(ssl.PROTOCOL_TLS_CLIENT)
    except Exception as error:
        found.append(type(error).__name__)
    return found


def test_sessions(oracle: Any, client_tls: ssl.SSLContext, server_tls: ssl.SSLContext) -> None:
    ours = resumed(anyftp_compat, client_tls, server_tls)
    assert ours == resumed(oracle, client_tls, server_tls)
    assert ours[:2] == [False, True]
