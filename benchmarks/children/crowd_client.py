"""Many clients in one thread: ``crowd_client '{"port": 2121, "clients": 200, "work": "retr"}'``.

"idle": all log in, and stay until standard input ends; "retr": all log in at once, fetch a file
each and leave. It does as little as can be, so that the server is what is measured.
"""

import re
import selectors
import socket
import sys
from collections.abc import Generator
from typing import Any

from benchmarks.children.meter import Meter, job, tell

#: What a client does: it yields sockets to wait for.
Course = Generator[socket.socket, None, None]
_BLOCK = bytearray(1 << 18)


class Client:
    """One client; its replies, and the bytes of its file."""

    def __init__(
        self, port: int, path: str, nbytes: int, login: str, host: str = "127.0.0.1"
    ) -> None:
        self._address = ("127.0.0.1", port)
        self._path, self._nbytes = path, nbytes
        self._user, _, self._password = login.partition(":")
        self.control = _connected(self._address, host)
        self._text = b""
        self.replies: list[str] = []

    def _reply(self, codes: str) -> Course:
        while not (match := re.match(rb"(?:\d{3}-.*\r\n|[^\d].*\r\n)*(\d{3}) .*\r\n", self._text)):
            yield self.control
            data = self.control.recv(4096)
            if not data:
                raise ConnectionError(f"closed: {self._text!r}")
            self._text += data
        whole, self._text = self._text[: match.end()], self._text[match.end() :]
        self.replies.append(whole.decode())
        if not re.fullmatch(codes, match[1].decode()):
            raise ConnectionError(f"{whole!r} where {codes} was due")

    def _ask(self, line: str, codes: str) -> Course:
        self.control.sendall(f"{line}\r\n".encode())
        yield from self._reply(codes)

    def log_in(self) -> Course:
        """USER, PASS, TYPE I."""
        yield from self._reply("220")
        yield from self._ask(f"USER {self._user}", "331|230")
        if self.replies[-1].startswith("331"):
            yield from self._ask(f"PASS {self._password}", "230")
        yield from self._ask("TYPE I", "200")

    def fetch(self) -> Course:
        """EPSV, RETR, QUIT."""
        yield from self.log_in()
        yield from self._ask("EPSV", "229")
        port = int(self.replies[-1].split("|")[3])
        data = _connected((self._address[0], port))
        with data:
            yield from self._ask(f"RETR {self._path}", "150|125")
            nbytes = 0
            while True:
                yield data
                count = data.recv_into(_BLOCK)
                if not count:
                    break
                nbytes += count
        if nbytes != self._nbytes:
            raise ConnectionError(f"{nbytes} bytes of {self._nbytes}")
        yield from self._reply("2..")
        yield from self._ask("QUIT", "2..")
        self.control.close()


def _connected(address: tuple[str, int], host: str = "127.0.0.1") -> socket.socket:
    sock = socket.create_connection(address, source_address=(host, 0))
    sock.setblocking(False)
    return sock


def drive(courses: list[Course]) -> None:
    """Run all of them, each going on whenever its socket has something."""
    with selectors.DefaultSelector() as selector:
        for course in courses:
            _go_on(selector, course, None)
        while selector.get_map():
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                _go_on(selector, key.data, key.fileobj)


def _go_on(selector: selectors.BaseSelector, course: Course, had: socket.socket | None) -> None:
    if had is not None:
        selector.unregister(had)
    wanted = next(course, None)
    if wanted is not None:
        selector.register(wanted, selectors.EVENT_READ, course)


def main() -> None:
    """Do the work and tell what it took."""
    task: dict[str, Any] = job()
    login = task.get("login") or "anonymous:x"
    meter = Meter()
    clients = [
        Client(task["port"], task.get("path", ""), task.get("nbytes", 0), login)
        for _ in range(task["clients"])
    ]
    if task["work"] == "idle":
        drive([client.log_in() for client in clients])
        tell(ready=True)
        sys.stdin.buffer.read()
    else:
        drive([client.fetch() for client in clients])
    meter.report()


if __name__ == "__main__":
    main()
