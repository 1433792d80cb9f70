"""Figures for Prometheus."""

from __future__ import annotations

import contextlib
import io
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from anyftp._cli._serving._metrics import AT_ONCE
from cli.running import PATIENCE, start, wait_for
from cli.serving.operating import BACKENDS, client, port_of


@pytest.mark.parametrize("backend", BACKENDS)
def test_figures_for_prometheus(tmp_path: Path, backend: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    words = ["--user", "alice:wonder", "--metrics", f"127.0.0.1:{number}", "--backend", backend]
    with start("serve", str(tmp_path), *words) as process:
        ftp = client(port_of(process))
        ftp.storbinary("STOR f", io.BytesIO(b"12345"))
        url = f"http://127.0.0.1:{number}/"
        with urllib.request.urlopen(f"{url}metrics", timeout=PATIENCE) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            text = answer.read().decode()
        assert "\nanyftp_sessions 1.0\n" in text
        assert "\nanyftp_received_bytes_total 5.0\n" in text
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}secret", timeout=PATIENCE)
        with (
            socket.create_connection(("127.0.0.1", number), PATIENCE) as odd,
            contextlib.suppress(OSError),  # it is closed before all of this is read
        ):
            odd.sendall(b"USER alice\r\n" * 10_000 + b"\r\n")
            odd.shutdown(socket.SHUT_WR)
        assert ftp.voidcmd("NOOP").startswith("200")
        ftp.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_figures_are_not_kept_from_the_next_by_many_who_say_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    with start("serve", str(tmp_path), "--metrics", f"127.0.0.1:{number}") as process:
        port_of(process)
        with contextlib.ExitStack() as silent:
            for _ in range(AT_ONCE):
                silent.enter_context(socket.create_connection(("127.0.0.1", number), PATIENCE))
            with socket.create_connection(("127.0.0.1", number), 3) as one_more:
                assert one_more.recv(1) == b""  # long before the others are given up
        wait_for(lambda: is_answered(number))
        process.terminate()
        assert process.wait(PATIENCE) == 0


def is_answered(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
            return b"anyftp_sessions" in answer.read()
    except OSError:
        return False
