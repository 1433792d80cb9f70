"""The shell's verbs that move data."""

import signal
from pathlib import Path

import pytest

from cli.running import PATIENCE, run, start, wait_for
from cli.shell.served import tree


@pytest.mark.parametrize(
    ("script", "made"),
    [
        ("get a.txt", {"a.txt"}),
        ("mget *.txt", {"a.txt", "b.txt"}),
        ("get sub -o new", {"new", "new/c.txt", "new/deep", "new/deep/d.txt"}),
        ("cd sub; get c.txt", {"c.txt"}),
        ("mirror sub", {"sub", "sub/c.txt", "sub/deep", "sub/deep/d.txt"}),
        ("mirror sub copy -j 2", {"copy", "copy/c.txt", "copy/deep", "copy/deep/d.txt"}),
        ("get a.txt &; wait", {"a.txt"}),
        ("cd sub; get c.txt &; cd deep; get d.txt &; wait", {"c.txt", "d.txt"}),
        ("get a.txt &; quit", {"a.txt"}),
    ],
)
def test_transfers_to_here(url: str, tmp_path: Path, script: str, made: set[str]) -> None:
    done = run("shell", f"{url}/", "-c", script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(tmp_path) == made


def test_an_upload_that_is_cut_leaves_no_part_under_its_name(
    url: str, server: tuple[Path, str], tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(bytes(1 << 20))
    with start("shell", f"{url}/", "-c", "limit 64K; put x -o cut", cwd=tmp_path) as process:
        wait_for(lambda: len(list(server[0].glob(".anyftp-*"))) > 0)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert not (server[0] / "cut").exists()
