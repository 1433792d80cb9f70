"""What whoever runs `anyftp serve` needs: rights, a certificate, names, figures, and an end."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from cli.running import PATIENCE, start
from cli.serving.operating import BACKENDS, client, port_of


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_says_what_it_waits_for_and_the_second_one_ends(
    tmp_path: Path, backend: str, number: signal.Signals
) -> None:
    (tmp_path / "f").write_bytes(bytes(10_000_000))
    words = ["--limit-rate", "100K", "--user", "alice:wonder", "--backend", backend]
    with start("serve", str(tmp_path), *words) as process:
        port = port_of(process)
        ftp = client(port)
        ftp.voidcmd("TYPE I")
        with ftp.transfercmd("RETR f") as data:
            assert data.recv(10)
            process.send_signal(number)
            assert process.stderr is not None
            assert process.stderr.readline() == (
                "waiting for a transfer to end, for 30 s at most; again to end at once\n"
            )
            process.send_signal(number)
            assert process.wait(5) == 128 + number
        ftp.close()


def test_ctrl_c_without_a_transfer_has_nothing_to_say(tmp_path: Path) -> None:
    with start("serve", str(tmp_path)) as process:
        port_of(process)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, output, errors) == (0, "", "")
