"""Servers by a short name."""

from pathlib import Path

import pytest

from anyftp._cli._ending._failure import Failure
from anyftp._cli._given._profiles import config_path, place_in_profile, read_profiles
from cli.running import run
from support.serving import anyftp_serve


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("ANYFTP_CONFIG", str(path))
    return path


WHOLE = """
[profiles.work]
url = "ftps://alice@ftp.example.org/www"
user = "bob"
tls = true
insecure = false
ca_file = "ca.pem"
active = false
timeout = 5
limit_rate = "1M"
retry = 0
proxy = "none"
"""


def test_every_setting(config: Path) -> None:
    config.write_text(WHOLE)
    url = read_profiles(config)["work"]
    assert (url.host, url.path, url.user, url.implicit_tls) == (
        *("ftp.example.org", "www", "alice"),
        True,
    )
    assert url.settings == {
        "user": "bob",
        "tls": True,
        "insecure": False,
        "ca_file": str(config.parent / "ca.pem"),
        "active": False,
        "timeout": 5.0,
        "limit_rate": 1 << 20,
        "retry": 0,
        "proxy": "none",
    }


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("work:", "www"),
        ("work:a/b", "www/a/b"),
        ("work:/pub", "/pub"),
        ("work:a%20b", "www/a b"),
        ("other:a", None),
        ("work", None),
        ("./work:a", None),
        ("ftp://h/x", None),
        ("C:\\x", None),
        ("", None),
    ],
)
def test_places(config: Path, text: str, path: str | None) -> None:
    config.write_text('[profiles.work]\nurl = "ftp://h/www"\n')
    url = place_in_profile(text)
    assert (None if url is None else url.path) == path


def test_no_file(config: Path) -> None:
    assert place_in_profile("work:a") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[profiles.work]\n", "profiles.work: must have a url"),
        ('[profiles.work]\nurl = "http://h"\n', "profiles.work.url: http:// is not FTP"),
        ('[profiles.work]\nurl = "ftp://h"\ntsl = true\n', "profiles.work.tsl: there is no such"),
        ('[profiles.work]\nurl = "ftp://h"\ntls = 1\n', "profiles.work.tls: must be true or false"),
        (
            '[profiles.work]\nurl = "ftp://h"\ntimeout = 0\n',
            "profiles.work.timeout: must",
        ),
        (
            '[profiles.work]\nurl = "ftp://h"\ntimeout = true\n',
            "profiles.work.timeout: must",
        ),
        (
            '[profiles.work]\nurl = "ftp://h"\nretry = -1\n',
            "profiles.work.retry: must be",
        ),
        ('[profiles.work]\nurl = "ftp://h"\nlimit_rate = "x"\n', "profiles.work.limit_rate: 'x'"),
        (
            '[profiles.work]\nurl = "ftp://h"\nlimit_rate = 0\n',
            "profiles.work.limit_rate: must",
        ),
        ('[profiles.work]\nurl = "ftp://h"\nuser = 1\n', "profiles.work.user: must be a string"),
        ("profiles = 1\n", "profiles: must be a table"),
        ("[profiles]\nwork = 1\n", "profiles.work: must be a table"),
        ("[profiles", "Expected"),
    ],
)
def test_bad_files_are_told_in_one_line(config: Path, text: str, reason: str) -> None:
    config.write_text(text)
    with pytest.raises(Failure) as caught:
        read_profiles(config)
    assert caught.value.message.startswith(f"{config}: {reason}")
    told = run("ls", "work:")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "anyftp" / "config.toml"


def test_as_users_have_it(config: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    (served / "www").mkdir(parents=True)
    (served / "www" / "page").write_text("x")
    (served / "top").write_text("x")
    with anyftp_serve(served, "--user", "me:secret") as port:
        config.write_text(f'[profiles.work]\nurl = "ftp://me:secret@127.0.0.1:{port}/www"\n')
        assert run("ls", "work:").stdout == "page\n"
        assert run("ls", "work:/").stdout == "top\nwww\n"
        assert run("get", "work:page", str(tmp_path / "copy")).returncode == 0
        assert run("put", str(tmp_path / "copy"), "work:new").returncode == 0
        assert run("mirror", "work:", str(tmp_path / "copies")).returncode == 0
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == ["new", "page"]


def test_the_command_line_wins(config: Path) -> None:
    config.write_text('[profiles.work]\nurl = "ftp://me:x@127.0.0.1:1/"\nproxy = "http://p:1"\n')
    told = run("ls", "--proxy", "none", "work:")
    assert "Connection refused" in told.stderr


def test_a_local_name_with_a_colon_is_one(config: Path, tmp_path: Path) -> None:
    config.write_text('[profiles.work]\nurl = "ftp://127.0.0.1:1/"\n')
    told = run("put", "a:b", "ftp://127.0.0.1:1/x", cwd=tmp_path)
    assert (told.returncode, "could not connect" in told.stderr) == (7, True)
