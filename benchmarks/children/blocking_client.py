"""The floor: a blocking client in plain sockets that does nothing but move the bytes."""

import os
import socket
import ssl
from typing import Any

BLOCK = 256 * 1024


class BlockingClient:
    """Just enough FTP to be measured: EPSV, binary, no error handling."""

    def __init__(self, host: str, port: int, *, tls: bool, resume: bool = False) -> None:
        self._host = host
        self._resumes = resume
        self._context = ssl._create_unverified_context() if tls else None
        self._sock: socket.socket = socket.create_connection((host, port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._sock.makefile("rb")
        self._receive()
        if self._context is not None:
            self._command("AUTH TLS")
            self._sock = self._context.wrap_socket(self._sock)
            self._file = self._sock.makefile("rb")
        for line in (
            "USER anonymous",
            "PASS a@b",
            "TYPE I",
            *(("PBSZ 0", "PROT P") if tls else ()),
        ):
            self._command(line)

    def _receive(self) -> str:
        line = self._file.readline().decode()
        if line[:1] not in "123":
            raise RuntimeError(line)
        if line[3:4] == "-":
            while not self._file.readline().decode().startswith(line[:3] + " "):
                pass
        return line

    def _command(self, line: str) -> str:
        self._sock.sendall(line.encode() + b"\r\n")
        return self._receive()

    def _open(self, line: str) -> socket.socket:
        port = int(self._command("EPSV").split("|")[3])
        data = socket.create_connection((self._host, port))
        self._command(line)
        if self._context is not None:
            assert isinstance(self._sock, ssl.SSLSocket)
            session = self._sock.session if self._resumes else None
            return self._context.wrap_socket(data, session=session)
        return data

    def download(self, path: str, file: str, mode: str) -> None:
        """Receive into one buffer and write it to the file."""
        view = memoryview(bytearray(BLOCK))
        with self._open(f"RETR {path}") as data, open(file, mode, buffering=0) as target:
            while count := data.recv_into(view):
                target.write(view[:count])
        self._receive()

    def discard(self, line: str) -> int:
        """Receive into one buffer and forget it; return the number of bytes."""
        view, total = memoryview(bytearray(BLOCK)), 0
        with self._open(line) as data:
            while count := data.recv_into(view):
                total += count
        self._receive()
        return total

    def upload(self, file: str, path: str) -> None:
        """Let the kernel send the file; TLS reads it block by block."""
        with self._open(f"STOR {path}") as data, open(file, "rb", buffering=0) as source:
            if self._context is None:
                while os.sendfile(data.fileno(), source.fileno(), None, 1 << 30):
                    pass
            else:
                view = memoryview(bytearray(BLOCK))
                while count := source.readinto(view):
                    data.sendall(view[:count])
        self._receive()

    def quit(self) -> None:
        """Leave politely."""
        self._command("QUIT")
        self._sock.close()


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Do the task once."""
    client = BlockingClient(
        task["host"], task["port"], tls=bool(task.get("tls")), resume=bool(task.get("resume"))
    )
    match task["work"]:
        case "download":
            client.download(task["path"], task["file"], "wb" if task.get("new") else "r+b")
        case "upload":
            client.upload(task["file"], task["path"])
        case "discard":
            client.discard(f"RETR {task['path']}")
        case "small":
            for name in task["names"]:
                client.discard(f"RETR {name}")
        case "mlsd":
            client.discard("MLSD /")
    client.quit()
    return {}
