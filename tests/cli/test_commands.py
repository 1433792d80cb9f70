"""get, put and ls against serve, as a user runs them."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from cli.running import (
    PATIENCE,
    assert_failed,
    assert_succeeded,
    command,
    environment,
    run,
    run_process,
)
from support.halves import half
from support.serving import anyftp_serve

BACKENDS = ("asyncio", "uvloop", "trio")
DATA = os.urandom(300_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL of a server of it."""
    root = tmp_path_factory.mktemp("root")
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@pytest.fixture
def folder(server: tuple[Path, str], tmp_path: Path) -> Path:
    """A part of what the server serves, for one test."""
    root = server[0] / tmp_path.name
    (root / "tree" / "deep").mkdir(parents=True)
    (root / "file.bin").write_bytes(DATA)
    (root / "tree" / "a").write_bytes(b"a")
    (root / "tree" / "deep" / "b").write_bytes(b"bb")
    return root


@pytest.fixture
def url(server: tuple[Path, str], folder: Path) -> str:
    """Its URL, with a login that may write."""
    return f"{server[1]}/{folder.name}"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where the user stands."""
    path = tmp_path / "here"
    path.mkdir()
    return path


@pytest.mark.parametrize("backend", BACKENDS)
def test_there_and_back(url: str, folder: Path, here: Path, backend: str) -> None:
    assert_succeeded(run("get", "--backend", backend, f"{url}/file.bin", cwd=here))
    assert (here / "file.bin").read_bytes() == DATA
    assert_succeeded(run("put", "--backend", backend, "file.bin", f"{url}/copy.bin", cwd=here))
    assert (folder / "copy.bin").read_bytes() == DATA
    names = run("ls", "--backend", backend, f"{url}/")
    assert names.stdout == "copy.bin\nfile.bin\ntree\n"


def test_destinations(url: str, server: tuple[Path, str], folder: Path, here: Path) -> None:
    (here / "sub").mkdir()
    assert_succeeded(run("get", f"{url}/file.bin", "other", cwd=here))
    assert_succeeded(run("get", f"{url}/file.bin", "sub", cwd=here))
    assert_succeeded(run("get", f"{server[1]}//{folder.name}/file.bin", "sub/third", cwd=here))
    found = sorted(path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file())
    assert found == ["other", "sub/file.bin", "sub/third"]


def test_trees(url: str, folder: Path, here: Path) -> None:
    assert_succeeded(run("get", f"{url}/tree", cwd=here))
    assert (here / "tree" / "deep" / "b").read_bytes() == b"bb"
    assert_succeeded(run("put", "tree", f"{url}/again", cwd=here))
    assert (folder / "again" / "deep" / "b").read_bytes() == b"bb"
    assert_succeeded(run("put", "tree", f"{url}/again/", cwd=here))
    assert (folder / "again" / "tree" / "a").read_bytes() == b"a"


def test_going_on_where_it_stopped(url: str, folder: Path, here: Path) -> None:
    (here / "file.bin").write_bytes(DATA[:1000])
    assert_succeeded(run("get", "--continue", f"{url}/file.bin", cwd=here))
    assert (here / "file.bin").read_bytes() == DATA
    (folder / "up.bin").write_bytes(DATA[:1000])
    assert_succeeded(run("put", "-c", str(here / "file.bin"), f"{url}/up.bin"))
    assert (folder / "up.bin").read_bytes() == DATA


def test_times_are_kept_on_request(url: str, folder: Path, here: Path) -> None:
    os.utime(folder / "file.bin", (1_000_000_000, 1_000_000_000))
    assert_succeeded(run("get", "--keep-times", f"{url}/file.bin", cwd=here))
    assert (here / "file.bin").stat().st_mtime == 1_000_000_000
    assert_succeeded(run("put", "-p", str(here / "file.bin"), f"{url}/up.bin"))
    assert (folder / "up.bin").stat().st_mtime == 1_000_000_000


def test_several_files_at_once(url: str, here: Path) -> None:
    assert_succeeded(run("get", "--jobs", "3", f"{url}/tree", cwd=here))
    assert (here / "tree" / "deep" / "b").read_bytes() == b"bb"


def test_one_file_in_segments(url: str, folder: Path, here: Path) -> None:
    (folder / "large").write_bytes(DATA * 10)
    assert_succeeded(run("get", "--segments", "3", f"{url}/large", cwd=here))
    assert (here / "large").read_bytes() == DATA * 10


@pytest.mark.parametrize("more", [["--continue", "./"], ["-"]], ids=["continue", "pipe"])
def test_segments_come_in_any_order(more: list[str], url: str) -> None:
    *options, dest = more
    process = run("get", "--segments", "2", *options, f"{url}/file.bin", dest)
    assert process.returncode == 2
    assert "--segments cannot be combined" in process.stderr


def test_the_server_connects_on_request(url: str, here: Path) -> None:
    assert_succeeded(run("get", "--active", f"{url}/file.bin", cwd=here))
    assert (here / "file.bin").read_bytes() == DATA


@pytest.mark.parametrize("option", ["--continue", "--keep-times", "--jobs=2"])
def test_pipes_have_no_size(url: str, option: str) -> None:
    for arguments in (("get", option, f"{url}/file.bin", "-"), ("put", option, "-", f"{url}/f")):
        process = run(*arguments)
        assert process.returncode == 2
        assert "cannot be combined with -" in process.stderr


def test_standard_streams(url: str, folder: Path) -> None:
    assert_succeeded(run_process("put", "-", f"{url}/text", text="grüße\n"))
    assert (folder / "text").read_text("utf-8") == "grüße\n"
    process = run_process("get", f"{url}/text", "-")
    assert_succeeded(process)
    assert process.stdout == "grüße\n"


def test_text(url: str, folder: Path, here: Path) -> None:
    """;type=a (RFC 1738, 3.2.2): the server sends lines that end with CRLF, and takes such."""
    (folder / "text").write_bytes(b"one\r\ntwo\n")
    assert_succeeded(run("get", f"{url}/text;type=a", cwd=here))
    assert (here / "text").read_bytes() == b"one\ntwo\n"
    assert_succeeded(run("put", "text", f"{url}/again;type=a", cwd=here))
    assert (folder / "again").read_bytes() == b"one\ntwo\n"
    piped = run_process("get", f"{url}/text;type=a", "-")
    assert (piped.returncode, piped.stdout) == (0, "one\ntwo\n")
    refused = run("get", "-c", f"{url}/text;type=a", cwd=here)
    assert (refused.returncode, "neither resumed nor" in refused.stderr) == (2, True)


def test_long_listing(url: str, folder: Path) -> None:
    os.utime(folder / "file.bin", (1_000_000_000, 1_000_000_000))
    lines = run("ls", "--long", f"{url}/").stdout.splitlines()
    assert lines[0] == "file\t300000\t2001-09-09T01:46:40Z\tfile.bin"
    assert lines[1].startswith("dir\t")
    assert lines[1].endswith("\ttree")


def test_listing_of_one_file(url: str) -> None:
    process = run("ls", f"{url}/file.bin")
    assert_succeeded(process)
    assert process.stdout == "file.bin\n"


def test_odd_names(url: str, folder: Path, here: Path) -> None:
    name = "100% [bold]#1?;type=a grüße"
    (folder / name).write_bytes(b"odd")
    assert name in run("ls", f"{url}/").stdout.splitlines()
    quoted = "100%25%20[bold]%231%3F%3Btype=a%20grüße"
    assert_succeeded(run("get", f"{url}/{quoted}", cwd=here))
    assert (here / name).read_bytes() == b"odd"


def test_a_name_that_is_not_utf8(url: str, folder: Path, here: Path) -> None:
    (folder / "caf\udce9").write_bytes(b"latin")
    listing = subprocess.run(
        command(["ls", f"{url}/"]), capture_output=True, timeout=PATIENCE, check=True
    )
    assert b"caf\xe9" in listing.stdout.splitlines()
    assert_succeeded(run("get", f"{url}/caf%E9", "local", cwd=here))
    assert (here / "local").read_bytes() == b"latin"


def test_a_reader_that_goes_early(url: str) -> None:
    """`anyftp ls URL | head -0`: no traceback."""
    line = f"{' '.join(command(['get', f'{url}/file.bin', '-']))} | head -c 1 | wc -c"
    process = subprocess.run(
        ["sh", "-c", line],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    assert process.stdout.strip() == "1"
    assert process.stderr == ""


@pytest.mark.wallclock
def test_a_limit_holds(url: str, here: Path) -> None:
    """300,000 bytes at 300 kB/s take a second."""
    started = time.monotonic()
    assert_succeeded(run("get", "--limit-rate", "300kB", f"{url}/file.bin", cwd=here))
    assert 0.85 < time.monotonic() - started < 3


class TestPasswords:
    def test_standard_input(self, url: str, here: Path) -> None:
        plain = url.replace("me:secret@", "")
        process = run(
            "get",
            "--user",
            "me",
            "--password-stdin",
            f"{plain}/file.bin",
            text="secret\nmore\n",
            cwd=here,
        )
        assert_succeeded(process)

    def test_user_option(self, url: str) -> None:
        plain = url.replace("me:secret@", "")
        assert_succeeded(run("ls", "--user", "me:secret", f"{plain}/"))

    def test_the_option_overrules_the_url(self, url: str) -> None:
        assert_failed(run("ls", "--user", "you:secret", f"{url}/"), "refused the login: 530")


class TestTLS:
    @half(backend=BACKENDS, implicit=[False, True])
    def test_verified(
        self,
        folder: Path,
        here: Path,
        certificate_files: tuple[Path, Path, Path],
        implicit: bool,
        backend: str,
    ) -> None:
        chain, key, authority = map(str, certificate_files)
        mode = "--implicit-tls" if implicit else "--tls-required"
        with anyftp_serve(folder, "--cert", chain, "--key", key, mode, "--user", "a:b") as port:
            url = f"{'ftps' if implicit else 'ftp'}://a:b@127.0.0.1:{port}"
            options = ("--tls", "--ca-file", authority, "--backend", backend)
            assert_succeeded(run("get", *options, f"{url}/file.bin", cwd=here))
            assert_succeeded(run("put", *options, "file.bin", f"{url}/new", cwd=here))
        assert (folder / "new").read_bytes() == DATA

    def test_unverified(
        self, folder: Path, here: Path, certificate_files: tuple[Path, Path, Path]
    ) -> None:
        chain, key, _ = map(str, certificate_files)
        with anyftp_serve(folder, "--cert", chain, "--key", key, "--anonymous") as port:
            url = f"ftp://127.0.0.1:{port}/file.bin"
            assert_failed(run("get", "--tls", url, cwd=here), "certificate does not verify: ")
            assert list(here.iterdir()) == []
            assert_succeeded(run("get", "--tls", "--insecure", url, cwd=here))
            assert_succeeded(run("get", url, "plain", cwd=here))

    def test_required(self, folder: Path, certificate_files: tuple[Path, Path, Path]) -> None:
        chain, key, _ = map(str, certificate_files)
        with anyftp_serve(folder, "--cert", chain, "--key", key, "--tls-required") as port:
            assert_failed(run("ls", f"ftp://127.0.0.1:{port}/"), "refused the login: 5")

    def test_files_that_are_no_certificates(self, folder: Path, tmp_path: Path) -> None:
        no_pem = tmp_path / "no.pem"
        no_pem.write_text("nothing")
        assert_failed(run("serve", str(folder), "--cert", str(no_pem)), str(no_pem))
        assert_failed(run("serve", str(folder), "--cert", "/missing.pem"), "/missing.pem")
        options = ("--tls", "--ca-file")
        assert_failed(run("ls", *options, "/missing.pem", "ftp://127.0.0.1:1/"), "/missing.pem")
        assert_failed(run("ls", *options, str(no_pem), "ftp://127.0.0.1:1/"), str(no_pem))


def test_verification_by_a_server_without_checksums_fails(here: Path) -> None:
    """Which ours is where anybody could ask for them."""
    (here / "served").mkdir()
    (here / "served" / "file.bin").touch()
    with anyftp_serve(here / "served") as port:
        told = run("get", "--verify", f"ftp://127.0.0.1:{port}/file.bin", cwd=here)
    assert_failed(told, "makes none")
    assert [path.name for path in here.iterdir()] == ["served"]


@pytest.mark.parametrize(
    "words",
    [
        "put NEW URL/one",
        "put NEW OTHER URL/several/",
        "put FOLDER URL/tree",
        "mirror FOLDER URL/mirrored",
        "sync FOLDER URL/synced --state STATE",
        "shell URL -c put_NEW_-o_shell",
        "shell URL -c mirror_-R_FOLDER_by-shell",
    ],
)
def test_no_part_is_ever_under_a_final_name(words: str, url: str, tmp_path: Path) -> None:
    """Whatever uploads: a server that writes in place shows what is named in STOR."""
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    for name in ("new", "other", "folder/a", "folder/in/b"):
        (tmp_path / name).write_text("content")
    places = {"URL": url, "STATE": str(tmp_path / "state")}
    places |= {name.upper(): str(tmp_path / name) for name in ("new", "other", "folder")}
    line = [word.replace("_", " ") for word in words.split()]
    done = run("-v", *(re.sub("[A-Z]{3,}", lambda found: places[found[0]], word) for word in line))
    assert done.returncode == 0, done.stderr
    written = re.findall(r"^> (?:STOR|APPE) (.*)$", done.stderr, re.MULTILINE)
    renamed = re.findall(r"^> RNTO (.*)$", done.stderr, re.MULTILINE)
    assert len(written) == len(renamed) > 0
    assert all(PurePosixPath(name).name.startswith(".upload-") for name in written)


def test_verification_by_our_own_server(url: str, here: Path) -> None:
    (here / "copy").write_text("content")
    assert_succeeded(run("put", "--verify", str(here / "copy"), f"{url}/verified"))
    assert_succeeded(run("get", "--verify", f"{url}/verified", cwd=here))
    assert_succeeded(run("mirror", "--verify", f"{url}/", str(here / "all")))
