"""The data connections of the fixture server: blocking, by big blocks."""

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

BLOCK = 256 * 1024
DISCARD = getattr(socket, "MSG_TRUNC", 0)  # Linux: the kernel drops what came instead of copying it


class TLSSender:
    """Encrypts big blocks in memory and sends each with one call, not record by record."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._drive(self._tls.do_handshake)

    def _drive(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._sock.sendall(self._outgoing.read())
                data = self._sock.recv(BLOCK)
                if not data:
                    raise ConnectionResetError("the client hung up") from None
                self._incoming.write(data)
            else:
                self._sock.sendall(self._outgoing.read())
                return result

    def send(self, data: memoryview) -> None:
        self._tls.write(data)
        self._sock.sendall(self._outgoing.read())

    def drain(self) -> int:
        """Read and throw away until the client ends the TLS stream; how much it was."""
        block, total = bytearray(BLOCK), 0
        with contextlib.suppress(ssl.SSLZeroReturnError, ConnectionError):
            while count := self._drive(lambda: self._tls.read(BLOCK, block)):
                total += count
        return total

    def close(self) -> None:
        """Say goodbye, wait a second for the client's, close."""
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        with contextlib.suppress(OSError):
            self._sock.sendall(self._outgoing.read())
            self._sock.shutdown(socket.SHUT_WR)
            self._sock.settimeout(1)
            while self._sock.recv(BLOCK):
                pass
        self._sock.close()


class DataConnection:
    """Listens, accepts and handshakes in a thread, so that either order of events works."""

    def __init__(self, host: str, context: ssl.SSLContext | None) -> None:
        self._listener = socket.create_server((host, 0), backlog=1)
        self.port: int = self._listener.getsockname()[1]
        self._context = context
        self._tls: TLSSender | None = None
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        self._sock, _ = self._listener.accept()
        self._listener.close()
        if self._context is not None:
            self._tls = TLSSender(self._sock, self._context)

    def send_file(self, path: str) -> None:
        self._thread.join()
        with open(path, "rb", buffering=0) as file:
            if self._tls is None:
                while os.sendfile(self._sock.fileno(), file.fileno(), None, 1 << 20):
                    pass
                self._sock.close()
                return
            block = memoryview(bytearray(BLOCK))
            while count := file.readinto(block):
                self._tls.send(block[:count])
            self._tls.close()

    def send_bytes(self, data: bytes) -> None:
        self._thread.join()
        if self._tls is None:
            self._sock.sendall(data)
            self._sock.close()
        else:
            self._tls.send(memoryview(data))
            self._tls.close()

    def discard(self) -> int:
        self._thread.join()
        total = 0
        if self._tls is None:
            while data := self._sock.recv(BLOCK, DISCARD):
                total += len(data)
            self._sock.close()
        else:
            total = self._tls.drain()
            self._tls.close()
        return total
