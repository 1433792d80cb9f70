"""`anyftp bookmark`: what is written down is what `NAME:` stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import assert_failed, assert_succeeded, run

TEXT = """# mine
[profiles.old]  # of the office
url = "ftp://old.example.org/"
timeout = 5
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "folder" / "config.toml"
    monkeypatch.setenv("ANYFTP_CONFIG", str(path))
    return path


def test_added_told_and_deleted(file: Path) -> None:
    assert run("bookmark").stdout == ""
    assert_succeeded(run("bookmark", "work", "ftps://alice@ftp.example.org/www"))
    assert_succeeded(run("bookmark", "home", "ftp://h/"))
    assert run("bookmark").stdout == (
        "home\tftp://h:21/\nwork\tftps://alice@ftp.example.org:990/www\n"
    )
    assert_succeeded(run("bookmark", "home", "ftp://other/"))
    assert run("bookmark", "home").stdout == "home\tftp://other:21/\n"
    assert_succeeded(run("bookmark", "--delete", "home"))
    assert_failed(run("bookmark", "home"), "no bookmark 'home'")
    assert_failed(run("bookmark", "--delete", "home"), "no bookmark 'home'")
    assert_failed(run("ls", "work:pub", "--timeout", "1", "--retry", "0"), "ftp.example.org")


def test_what_else_is_in_the_file_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(TEXT, "utf-8")
    assert_succeeded(run("bookmark", "old", "ftp://new.example.org/"))
    assert file.read_text("utf-8") == TEXT.replace("//old.", "//new.")


@pytest.mark.parametrize(
    "words",
    [
        ("a", "ftp://h/"),  # a drive
        ("no/name", "ftp://h/"),
        ("work", "http://h/"),
        ("work", "ftp://alice:secret@h/"),
        ("--delete",),
        ("--delete", "work", "ftp://h/"),
    ],
)
def test_wrong_lines(file: Path, words: tuple[str, ...]) -> None:
    found = run("bookmark", *words)
    assert found.returncode == 2
    assert "secret" not in found.stderr
    assert not file.exists()


def test_a_bad_file_is_left_alone(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[profiles", "utf-8")
    assert_failed(run("bookmark", "work", "ftp://h/"), str(file))
    assert file.read_text("utf-8") == "[profiles"
