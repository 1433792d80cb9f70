"""The command `anyftp shell` itself."""

from cli.running import run


def test_nobody_there() -> None:
    assert run("shell", "ftp://127.0.0.1:1/", "-c", "ls").returncode == 7
