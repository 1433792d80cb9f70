"""Who logs in: the command line, the environment, ~/.netrc."""

from dataclasses import replace
from pathlib import Path

import pytest

from anyftp._cli._ending._failure import Failure
from anyftp._cli._given._url import parse_url
from anyftp._cli._reaching._login import find_login
from cli.running import assert_failed, run
from support.serving import anyftp_serve

NETRC = "machine h login alice password wonder\nmachine g password pw\ndefault login d password e\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".netrc"
    path.write_text(NETRC)
    path.chmod(0o600)
    return tmp_path


@pytest.mark.parametrize(
    ("url", "user", "from_input", "from_environment", "login"),
    [
        ("ftp://h/", None, None, None, ("alice", "wonder")),
        ("ftp://alice@h/", None, None, None, ("alice", "wonder")),
        ("ftp://h/", "alice", None, None, ("alice", "wonder")),
        ("ftp://h/", None, None, "env", ("alice", "wonder")),
        ("ftp://alice@h/", None, None, "env", ("alice", "env")),
        ("ftp://alice:url@h/", None, None, "env", ("alice", "url")),
        ("ftp://alice:url@h/", "alice:opt", None, "env", ("alice", "opt")),
        ("ftp://alice:url@h/", "alice:opt", "in", "env", ("alice", "in")),
        ("ftp://alice:url@h/", "alice", None, None, ("alice", "url")),
        ("ftp://alice:@h/", None, None, None, ("alice", "")),
        ("ftp://anonymous@h/", None, None, None, ("anonymous", "anon@")),
        ("ftp://FTP@h/", None, None, None, ("FTP", "anon@")),
        ("ftp://elsewhere/", None, None, None, ("d", "e")),
    ],
)
def test_order(
    home: Path,
    url: str,
    user: str | None,
    from_input: str | None,
    from_environment: str | None,
    login: tuple[str, str],
) -> None:
    assert find_login(parse_url(url), user, from_input, from_environment) == login


def test_nobody_known_is_anonymous() -> None:
    assert find_login(parse_url("ftp://h/"), None, None, "env") == ("anonymous", "anon@")


def test_another_user_s_password_is_not_taken(home: Path) -> None:
    for user in (None, "bob"):
        with pytest.raises(Failure, match="no password of bob"):
            find_login(parse_url("ftp://bob@h/"), user, None, None)
    with pytest.raises(Failure, match="no password of bob"):
        find_login(parse_url("ftp://alice:pw@h/"), "bob", None, None)


def test_a_file_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("machine h login carol password x\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "other"))
    assert find_login(parse_url("ftp://h/"), None, None, None) == ("carol", "x")


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        ("machine", 0o600, ""),
        ("nonsense here", 0o600, "bad toplevel token"),
        ("machine h login \udcff", 0o600, "must be text in UTF-8"),
        (NETRC, 0o644, "permissive"),
        ("machine h login me password my wonder", 0o600, "bad follower token"),
        ("machine h login me password it's\nwonder's", 0o600, "line "),
        ("machine h login me password 'my wonder'", 0o600, "bad follower token"),
        ('machine h login me password x wonder"x', 0o600, "bad follower token"),
        ("login me password wonder", 0o600, "bad toplevel token"),
    ],
)
def test_a_bad_file_is_told_in_one_line(home: Path, content: str, mode: int, reason: str) -> None:
    """Nor is a password shown that the file has in the wrong place."""
    (home / ".netrc").write_bytes(content.encode("utf-8", "surrogateescape"))
    (home / ".netrc").chmod(mode)
    told = run("ls", "ftp://127.0.0.1:1/")
    assert_failed(told, reason, 26)
    assert "wonder" not in told.stderr
    assert "wonder" not in run("--debug", "ls", "ftp://127.0.0.1:1/").stderr


@pytest.mark.parametrize("line", ["machine h login bob", "machine h login bob password"])
def test_a_line_without_password(home: Path, line: str) -> None:
    (home / ".netrc").write_text(line)
    with pytest.raises(Failure, match="no password of bob"):
        find_login(parse_url("ftp://h/"), None, None, None)


def test_the_user_of_a_profile_is_as_the_option(home: Path) -> None:
    url = replace(parse_url("ftp://h/"), settings={"user": "bob:se:cret"})
    assert find_login(url, None, None, None) == ("bob", "se:cret")
    assert find_login(url, "eve:x", None, None) == ("eve", "x")
    assert find_login(replace(url, user="eve"), None, None, "y") == ("eve", "y")


def test_as_users_have_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = tmp_path / "served"
    served.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    with anyftp_serve(served, "--user", "me:secret") as port:
        assert run("ls", f"ftp://127.0.0.1:{port}/").returncode == 0
        (home / ".netrc").unlink()
        assert run("ls", f"ftp://127.0.0.1:{port}/").returncode == 67
        monkeypatch.setenv("ANYFTP_PASSWORD", "secret")
        assert run("ls", f"ftp://me@127.0.0.1:{port}/").returncode == 0
