"""A blocking FTP server that is never the bottleneck: a thread a session, no checks.

Clients are measured against it where a real server would be what limits them: it throws uploads
away without copying them, sends TLS in 256 KiB pieces, and lists a directory of any size from
memory. Anyone may log in.
"""

import os
import socket
import ssl
import threading
from typing import Any

from benchmarks.children.fixture_data import DataConnection
from benchmarks.children.meter import job, tell

FEATURES = (
    "EPSV",
    "MLST type*;size*;modify*;",
    "SIZE",
    "REST STREAM",
    "TVFS",
    "UTF8",
    "AUTH TLS",
    "PBSZ",
    "PROT",
)
ANSWERS = {
    "USER": "331 Password?",
    "PASS": "230 Welcome.",
    "ACCT": "202 Not needed.",
    "TYPE": "200 Fine.",
    "MODE": "200 Fine.",
    "STRU": "200 Fine.",
    "OPTS": "200 Fine.",
    "NOOP": "200 Fine.",
    "ALLO": "202 Not needed.",
    "PBSZ": "200 PBSZ=0",
    "SYST": "215 UNIX Type: L8",
    "PWD": '257 "/" is current.',
    "CWD": "250 Fine.",
    "DELE": "250 Gone.",
    "RNFR": "350 To?",
    "RNTO": "250 Renamed.",
    "MKD": '257 "/made" made.',
    "FEAT": "211-Features\r\n" + "".join(f" {name}\r\n" for name in FEATURES) + "211 End",
}


def listing(count: int) -> bytes:
    """The lines of MLSD for `count` files."""
    facts = "type=file;size={};modify=20240101{:06d};perm=r;unique=801g{:x};UNIX.mode=0644;"
    line = facts + " file-{:06d}.dat\r\n"
    return "".join(line.format(n * 37, n % 60, n, n) for n in range(count)).encode()


class Session:
    """One control connection, from the greeting to QUIT."""

    def __init__(
        self,
        sock: socket.socket,
        work: dict[str, Any],
        context: ssl.SSLContext | None,
        lines: bytes,
    ) -> None:
        self._sock = sock
        self._root: str = work["root"]
        self._context = context
        self._lines = lines
        self._implicit = bool(work.get("implicit"))
        self._protect = self._implicit
        self._data: DataConnection | None = None
        self._thrown_away: dict[str, int] = {}  # sizes by path: who uploads asks for them

    def run(self) -> None:
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._implicit and self._context is not None:
            self._sock = self._context.wrap_socket(self._sock, server_side=True)
        self._reply("220 Ready.")
        pending = b""
        while data := self._sock.recv(4096):
            *lines, pending = (pending + data).split(b"\r\n")
            for line in lines:
                verb, _, argument = line.decode().partition(" ")
                self._answer(verb.upper(), argument)
        self._sock.close()

    def _reply(self, text: str) -> None:
        self._sock.sendall(text.encode() + b"\r\n")

    def _path(self, argument: str) -> str:
        return os.path.join(self._root, argument.lstrip("/"))

    def _answer(self, verb: str, argument: str) -> None:
        method = getattr(self, "do_" + verb.lower(), None)
        if method is not None:
            method(argument)
        else:
            self._reply(ANSWERS.get(verb, "502 No."))

    def _listen(self) -> int:
        context = self._context if self._protect else None
        self._data = DataConnection(self._sock.getsockname()[0], context)
        return self._data.port

    def _transfer(self) -> DataConnection:
        if self._data is None:
            raise RuntimeError("no data connection was asked for")
        data, self._data = self._data, None
        self._reply("150 Here it comes.")
        return data

    def do_auth(self, _: str) -> None:
        self._reply("234 Go on.")
        if self._context is not None:
            self._sock = self._context.wrap_socket(self._sock, server_side=True)

    def do_prot(self, argument: str) -> None:
        self._protect = argument == "P"
        self._reply("200 Fine.")

    def do_epsv(self, _: str) -> None:
        self._reply(f"229 Passive (|||{self._listen()}|)")

    def do_pasv(self, _: str) -> None:
        high, low = divmod(self._listen(), 256)
        self._reply(f"227 Passive (127,0,0,1,{high},{low})")

    def _size(self, argument: str) -> int:
        path = self._path(argument)
        return self._thrown_away[path] if path in self._thrown_away else os.stat(path).st_size

    def do_size(self, argument: str) -> None:
        try:
            self._reply(f"213 {self._size(argument)}")
        except OSError:
            self._reply("550 Nothing there.")

    def do_mlst(self, argument: str) -> None:
        name = argument or "/"
        try:
            facts = f"type=file;size={self._size(argument)};modify=20240101000000;"
        except OSError:
            self._reply("550 Nothing there.")
            return
        if os.path.isdir(self._path(argument)):
            facts = "type=dir;"
        self._reply(f"250-Facts\r\n {facts} {name}\r\n250 End")

    def do_retr(self, argument: str) -> None:
        self._transfer().send_file(self._path(argument))
        self._reply("226 Sent.")

    def do_stor(self, argument: str) -> None:
        self._thrown_away[self._path(argument)] = self._transfer().discard()
        self._reply("226 Thrown away.")

    def do_mlsd(self, _: str) -> None:
        self._transfer().send_bytes(self._lines)
        self._reply("226 Sent.")

    def do_quit(self, _: str) -> None:
        self._reply("221 Bye.")
        self._sock.shutdown(socket.SHUT_WR)


def main() -> None:
    """Serve until the process is terminated."""
    work = job()
    context = None
    if work.get("certificate"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(work["certificate"])
    lines = listing(work.get("entries", 0))
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    tell(port=listener.getsockname()[1])
    while True:
        sock, _ = listener.accept()
        session = Session(sock, work, context, lines)
        threading.Thread(target=session.run, daemon=True).start()


if __name__ == "__main__":
    main()
