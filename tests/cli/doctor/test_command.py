"""`anyftp doctor`, for people."""

from cli.running import run


def test_for_people(url: str) -> None:
    done = run("doctor", f"ftp://{url}")
    assert done.returncode == 0
    assert "MLSD: exact sizes and times" in done.stdout
