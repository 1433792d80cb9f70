"""Other programs' clients at work on `anyftp serve`.

Seventeen clients, three event loops, three kinds of TLS, two families of addresses and two ways to
make a data connection are more combinations than anyone needs to see each time. Those that run are
chosen so that each pair occurs that the client can have: each client on each loop, with each kind
of TLS that it knows, and so on, and each loop with each kind of TLS (`pairs`). Each of them does a
day's work: list, download, upload, resume both, rename, delete, make a folder; with a name that
holds blanks and what is no ASCII, and every byte compared. After that come the habits of single
clients: mirroring, segments, recursion, compression.
"""

from __future__ import annotations

import contextlib
import os
import random
import uuid
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from interop.clients import (
    CLIENTS,
    TLS,
    Absent,
    Curl,
    Duplicity,
    FtpClient,
    Gio,
    Lftp,
    Mc,
    Mode,
    NcFtp,
    Place,
    Rclone,
    Scripted,
    Wget,
    Yafc,
)
from interop.daemons import Certificate
from interop.pairs import pairwise
from support.serving import anyftp_serve

pytestmark = pytest.mark.interop

USER, PASSWORD = "alice", "wonder-land"
CONTENT = random.Random(959).randbytes(300_000) + b"\r\n\xff\xf4\x00\n" * 500
NAME = "grüße aus 日本 1.bin"

BACKENDS = ("asyncio", "uvloop", "trio")
KINDS_OF_TLS: tuple[TLS, ...] = ("off", "explicit", "implicit")
FAMILIES = ("127.0.0.1", "::1")
MODES: tuple[Mode, ...] = ("passive", "active")

ServePlace = Callable[..., tuple[Place, Path]]


COMBINATIONS = pairwise(
    (name, backend, tls, host, mode)
    for name, backend, tls, host, mode in product(CLIENTS, BACKENDS, KINDS_OF_TLS, FAMILIES, MODES)
    if CLIENTS[name].can_work(tls, host, mode)
)


def test_the_page_of_clients_is_true() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "clients.md"
    rows = [line.strip("|").split("|") for line in page.read_text("utf-8").splitlines()]
    told = {row[0].strip(): row[1].strip() for row in rows if len(row) == 3}
    kinds = {
        name: ", ".join(kind for kind in client.tls if kind != "off")
        for name, client in CLIENTS.items()
    }
    kinds |= {"client": "TLS", "---": "---"}
    assert told == kinds | dict.fromkeys(["mc", "gio", "duplicity"], "")


@pytest.fixture(scope="module")
def serve(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[ServePlace]:
    """Gives `serve(backend, tls, host, mode)`: a fresh folder on a server, and on the disk."""
    pairs = ["--cert", str(certificate.chain), "--key", str(certificate.key)]
    options: dict[TLS, list[str]] = {
        "off": [],
        "explicit": [*pairs, "--tls-required"],
        "implicit": [*pairs, "--implicit-tls"],
    }
    running: dict[tuple[str, TLS, str, tuple[str, ...]], tuple[int, Path]] = {}
    with contextlib.ExitStack() as servers:

        def place(
            backend: str,
            tls: TLS = "off",
            host: str = "127.0.0.1",
            mode: Mode = "passive",
            more: tuple[str, ...] = (),
        ) -> tuple[Place, Path]:
            key = (backend, tls, host, more)
            if key not in running:
                root = tmp_path_factory.mktemp("served")
                login = ["--user", f"{USER}:{PASSWORD}", "--backend", backend]
                login += ["--extension", "MODE Z"]
                serving = anyftp_serve(root, *login, *options[tls], *more, host=host)
                running[key] = servers.enter_context(serving), root
            port, root = running[key]
            folder = root / uuid.uuid4().hex
            folder.mkdir()
            path, authority = f"/{folder.name}", certificate.authority
            return Place(port, path, tls, authority, USER, PASSWORD, host, mode), folder

        yield place


@pytest.fixture(params=COMBINATIONS, ids="-".join)
def client_and_folder(request: pytest.FixtureRequest, serve: ServePlace) -> tuple[FtpClient, Path]:
    name, *where = request.param
    if "::1" in where and not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    is_implicit = "implicit" in where
    place, folder = serve(*where, more=CLIENTS[name].implicit_needs if is_implicit else ())
    with skipping_what_is_absent():
        client = CLIENTS[name](place)
        if isinstance(client, Scripted):
            client.command()
    operation = request.function.__name__.removeprefix("test_")
    if operation in client.cannot:
        pytest.skip(f"{name} cannot {operation}")
    return client, folder


@contextlib.contextmanager
def skipping_what_is_absent() -> Iterator[None]:
    try:
        yield
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture
def client(client_and_folder: tuple[FtpClient, Path]) -> FtpClient:
    return client_and_folder[0]


@pytest.fixture
def folder(client_and_folder: tuple[FtpClient, Path]) -> Path:
    return client_and_folder[1]


def tree_of(folder: Path) -> dict[str, bytes]:
    """What there is below a folder: the files' content by path, b"" for folders."""
    return {
        str(path.relative_to(folder)): b"" if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def test_list(client: FtpClient, folder: Path) -> None:
    (folder / NAME).write_bytes(b"x" * 1234)
    (folder / "sub").mkdir()
    listing = client.list()
    assert NAME in listing
    assert "1234" in listing
    assert "sub" in listing


def test_download(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (folder / NAME).write_bytes(CONTENT)
    client.download(NAME, tmp_path / "got.bin")
    assert (tmp_path / "got.bin").read_bytes() == CONTENT


def test_upload(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    client.upload(tmp_path / "mine.bin", NAME)
    assert tree_of(folder) == {NAME: CONTENT}


def test_resume_download(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (folder / NAME).write_bytes(CONTENT)
    (tmp_path / "got.bin").write_bytes(CONTENT[:100_000])
    client.download(NAME, tmp_path / "got.bin", resume=True)
    assert (tmp_path / "got.bin").read_bytes() == CONTENT


def test_resume_upload(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    (folder / NAME).write_bytes(CONTENT[:100_000])
    client.upload(tmp_path / "mine.bin", NAME, offset=100_000)
    assert tree_of(folder) == {NAME: CONTENT}


def test_rename(client: FtpClient, folder: Path) -> None:
    (folder / "old.bin").write_bytes(CONTENT)
    client.rename("old.bin", NAME)
    assert tree_of(folder) == {NAME: CONTENT}


def test_delete(client: FtpClient, folder: Path) -> None:
    (folder / NAME).write_bytes(CONTENT)
    (folder / "other").write_bytes(CONTENT)
    client.delete(NAME)
    assert tree_of(folder) == {"other": CONTENT}


def test_make_directory(client: FtpClient, folder: Path) -> None:
    client.make_directory(NAME)
    assert tree_of(folder) == {NAME: b""}
    assert (folder / NAME).is_dir()


# The habits of single clients. Each event loop meets all of them, over TLS where there is a choice.

HERE_AND_THERE = {
    "one.bin": CONTENT,
    "empty": b"",
    "deep/er/two words.txt": b"two\nlines\n",
    "deep/er/grüße": b"x",
    "deep/empty folder": None,
}


def plant(root: Path) -> dict[str, bytes]:
    """Make a tree of files; gives what `tree_of` says of it."""
    for name, content in HERE_AND_THERE.items():
        path = root / name
        if content is None:
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return tree_of(root)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """What the server runs on."""
    return str(request.param)


def lftp_at(place: Place) -> Lftp:
    with skipping_what_is_absent():
        return Lftp(place)


@pytest.mark.parametrize("tls", ["off", "explicit"])
def test_lftp_mirrors(serve: ServePlace, backend: str, tls: TLS, tmp_path: Path) -> None:
    """Several connections at once, both ways; the second time there is nothing to do."""
    place, folder = serve(backend, tls)
    lftp = lftp_at(place)
    (tmp_path / "here").mkdir()
    expected = plant(tmp_path / "here")
    lftp.script(f'mirror --reverse --parallel=3 "{tmp_path}/here" copy')
    assert tree_of(folder / "copy") == expected
    # MFMT has set the times, so that a second run finds all in place.
    again = lftp.script(f'mirror --reverse --verbose=1 "{tmp_path}/here" copy')
    assert "ransferring" not in again
    lftp.script(f'mirror --parallel=3 copy "{tmp_path}/back"')
    assert tree_of(tmp_path / "back") == expected


def test_lftp_fetches_in_segments(serve: ServePlace, backend: str, tmp_path: Path) -> None:
    place, folder = serve(backend, "off")
    (folder / "big.bin").write_bytes(CONTENT * 5)
    lftp_at(place).script(
        "set pget:min-chunk-size 100000", f'pget -n 4 big.bin -o "{tmp_path}/big.bin"'
    )
    assert (tmp_path / "big.bin").read_bytes() == CONTENT * 5


@pytest.mark.parametrize("tls", ["off", "explicit", "implicit"])
def test_lftp_compresses(serve: ServePlace, backend: str, tls: TLS, tmp_path: Path) -> None:
    """MODE Z both ways, and in listings; what shrinks and what does not."""
    place, folder = serve(backend, tls)
    (tmp_path / "mine.txt").write_bytes(b"all work and no play\n" * 50_000)
    (tmp_path / "noise.txt").write_bytes(CONTENT)
    lftp = lftp_at(place)
    said = lftp.script(
        "set ftp:use-mode-z yes",
        'set ftp:compressed-re ""',
        f'debug -o "{tmp_path}/log" 5',
        f'put "{tmp_path}/mine.txt"',
        f'put "{tmp_path}/noise.txt"',
        f'get mine.txt -o "{tmp_path}/got.txt"',
        f'get noise.txt -o "{tmp_path}/got.noise"',
        "ls",
    )
    assert "noise.txt" in said
    assert "---> MODE Z" in (tmp_path / "log").read_text()
    assert (folder / "mine.txt").read_bytes() == (tmp_path / "mine.txt").read_bytes()
    assert (tmp_path / "got.txt").read_bytes() == (tmp_path / "mine.txt").read_bytes()
    assert (folder / "noise.txt").read_bytes() == (tmp_path / "got.noise").read_bytes() == CONTENT


def test_lftp_changes_modes_and_times(serve: ServePlace, backend: str) -> None:
    place, folder = serve(backend, "off")
    (folder / "f").write_bytes(b"x")
    lftp_at(place).script("chmod 640 f", "quote MFMT 20200102030405 f")
    status = (folder / "f").stat()
    assert (status.st_mode & 0o777, status.st_mtime) == (0o640, 1577934245)


def test_yafc_copies_a_tree_both_ways(serve: ServePlace, backend: str, tmp_path: Path) -> None:
    place, folder = serve(backend, "off")
    with skipping_what_is_absent():
        yafc = Yafc(place)
    (tmp_path / "here").mkdir()
    expected = plant(tmp_path / "here")
    yafc.script(
        f"put --recursive {tmp_path}/here", f"get --recursive --output={tmp_path}/back here"
    )
    # It makes no folders that nothing is in.
    expected.pop("deep/empty folder")
    assert tree_of(folder / "here") == tree_of(tmp_path / "back" / "here") == expected


def test_mc_copies_a_tree_both_ways(serve: ServePlace, backend: str, tmp_path: Path) -> None:
    """And deletes it. By its temporary files it copies from one server to another as well."""
    place, folder = serve(backend, "off")
    for name in ("here", "back", "own"):
        (tmp_path / name).mkdir()
    with skipping_what_is_absent():
        mc = Mc(place, tmp_path / "own")
    (tmp_path / "here" / "tree").mkdir()
    plant(tmp_path / "here" / "tree")
    expected = tree_of(tmp_path / "here")
    mc.upload_only_item(tmp_path / "here", lambda: tree_of(folder) == expected)
    mc.download_only_item(tmp_path / "back", lambda: tree_of(tmp_path / "back") == expected)
    mc.delete_only_item(tmp_path / "back", lambda: not tree_of(folder))


@pytest.mark.parametrize("tls", ["off", "explicit"])
def test_wget_fetches_a_tree(serve: ServePlace, backend: str, tls: TLS, tmp_path: Path) -> None:
    """A link that leads out is no way out; one inside is fetched as a link."""
    place, folder = serve(backend, tls)
    expected = plant(folder)
    (folder / "out").symlink_to("/etc")
    (folder / "in").symlink_to("one.bin")
    with skipping_what_is_absent():
        wget = Wget(place)
    wget.fetch("-r", "-nH", "--cut-dirs=1", "-P", str(tmp_path), wget.url)
    got = tree_of(tmp_path)
    assert not (tmp_path / "out").exists() or (tmp_path / "out").is_symlink()
    files = {name: content for name, content in expected.items() if (folder / name).is_file()}
    assert {name: got.get(name) for name in files} == files


def test_curl_fetches_a_range_and_many_files(
    serve: ServePlace, backend: str, tmp_path: Path
) -> None:
    place, folder = serve(backend, "explicit")
    for number in range(5):
        (folder / f"{number}.bin").write_bytes(CONTENT[number:])
    with skipping_what_is_absent():
        curl = Curl(place)
    curl.fetch(f"{place.url}[0-4].bin", "-o", f"{tmp_path}/#1.bin")
    assert tree_of(tmp_path) == {f"{number}.bin": CONTENT[number:] for number in range(5)}
    curl.fetch(f"{place.url}0.bin", "-r", "100-199", "-o", f"{tmp_path}/part")
    assert (tmp_path / "part").read_bytes() == CONTENT[100:200]
    curl.fetch(f"{place.url}", "-l", "-o", f"{tmp_path}/names")
    assert sorted((tmp_path / "names").read_text().split()) == [
        f"{number}.bin" for number in range(5)
    ]


@pytest.mark.parametrize("method", ["multicwd", "nocwd", "singlecwd"])
def test_curl_goes_to_deep_folders_in_three_ways(
    serve: ServePlace, method: str, tmp_path: Path
) -> None:
    place, folder = serve("asyncio", "explicit")
    with skipping_what_is_absent():
        curl = Curl(place)
    (folder / "a" / "b c").mkdir(parents=True)
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    url, how = place.url + "a/b%20c/", ("--ftp-method", method)
    curl.fetch(*how, "-T", str(tmp_path / "mine.bin"), url)
    curl.fetch(*how, f"{url}mine.bin", "-o", str(tmp_path / "got.bin"))
    assert (tmp_path / "got.bin").read_bytes() == CONTENT
    (tmp_path / "got.bin").write_bytes(CONTENT[:100_000])
    curl.fetch(*how, "-C", "-", f"{url}mine.bin", "-o", str(tmp_path / "got.bin"))
    (folder / "a" / "b c" / "mine.bin").write_bytes(CONTENT[:100_000])
    curl.fetch(*how, "-C", "-", "-T", str(tmp_path / "mine.bin"), url)
    assert tree_of(folder)["a/b c/mine.bin"] == (tmp_path / "got.bin").read_bytes() == CONTENT
    if method == "multicwd":  # the others make one folder of all names at once, or none
        curl.fetch(*how, "--ftp-create-dirs", "-T", str(tmp_path / "mine.bin"), f"{url}new/er/f")
        assert tree_of(folder)["a/b c/new/er/f"] == CONTENT


def test_ncftp_copies_a_tree_both_ways(serve: ServePlace, backend: str, tmp_path: Path) -> None:
    place, folder = serve(backend, "off")
    with skipping_what_is_absent():
        ncftp = NcFtp(place)
    (tmp_path / "here").mkdir()
    (tmp_path / "back").mkdir()
    expected = plant(tmp_path / "here")
    ncftp.upload_tree(tmp_path / "here", "copy")
    assert tree_of(folder / "copy" / "here") == expected
    ncftp.download_tree("copy/here", tmp_path / "back")
    assert tree_of(tmp_path / "back" / "here") == expected


def test_gio_copies_renames_and_deletes(serve: ServePlace, backend: str, tmp_path: Path) -> None:
    """GNOME's: what its file manager does, without the window."""
    place, folder = serve(backend, "off")
    with skipping_what_is_absent():
        gio = Gio(place)
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    (folder / "old.txt").write_bytes(b"x" * 1234)
    there = gio.url
    listed = gio.script(
        f"gio copy '{tmp_path}/mine.bin' '{there}new.bin'",
        f"gio copy '{there}new.bin' '{tmp_path}/back.bin'",
        f"gio rename '{there}new.bin' 'umbenannt ä.bin'",
        f"gio mkdir '{there}sub'",
        f"gio list -l '{there}'",
        f"gio remove '{there}old.txt'",
    )
    assert "1234" in listed
    assert "umbenannt ä.bin" in listed
    assert (tmp_path / "back.bin").read_bytes() == CONTENT
    assert tree_of(folder) == {"umbenannt ä.bin": CONTENT, "sub": b""}


def test_duplicity_backs_up_and_restores(serve: ServePlace, backend: str, tmp_path: Path) -> None:
    place, folder = serve(backend, "off")
    with skipping_what_is_absent():
        duplicity = Duplicity(place, tmp_path / "own")
    (tmp_path / "here").mkdir()
    expected = plant(tmp_path / "here")
    duplicity.run("full", str(tmp_path / "here"), duplicity.url)
    (tmp_path / "here" / "more").write_bytes(CONTENT)
    duplicity.run("incremental", str(tmp_path / "here"), duplicity.url)
    assert any(name.endswith(".manifest") for name in tree_of(folder))
    duplicity.run("restore", duplicity.url, str(tmp_path / "back"))
    assert tree_of(tmp_path / "back") == expected | {"more": CONTENT}


#: Uploads, downloads and listings, in orders in which clients lose or keep their TLS sessions.
SEQUENCES = ["uuuuddddlulul", "duduudluldldlu"]
IN_ONE_SESSION = ["php", "ruby", "perl", "commons-net", "basic-ftp", "promise-ftp"]


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("name", IN_ONE_SESSION)
def test_many_transfers_in_one_session_over_tls(
    serve: ServePlace, name: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some resume a TLS session now and then, and none may be refused for it."""
    place, folder = serve("asyncio", "explicit")
    _limit_openssl(version, tmp_path, monkeypatch)
    with skipping_what_is_absent():
        client = CLIENTS[name](place)
        assert isinstance(client, Scripted)
        client.command()
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    kinds = {"u": "upload", "d": "download", "l": "list"}
    files = {"u": str(tmp_path / "mine.bin"), "d": str(tmp_path / "got.bin"), "l": ""}
    for sequence in SEQUENCES:
        (folder / "f").write_bytes(CONTENT)
        client.perform(*[(kinds[letter], "f", files[letter]) for letter in sequence])
        assert (folder / "f").read_bytes() == CONTENT
        assert "d" not in sequence or (tmp_path / "got.bin").read_bytes() == CONTENT


def _limit_openssl(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have programs on OpenSSL speak no later version, and Node and Java as well."""
    config = tmp_path / "openssl.cnf"
    config.write_text(
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
        f"[c]\nMaxProtocol = {version}\nCipherString = DEFAULT:@SECLEVEL=1\n"
    )
    monkeypatch.setenv("OPENSSL_CONF", str(config))
    monkeypatch.setenv("NODE_OPTIONS", f"--tls-max-{version.removeprefix('TLS')}")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Djdk.tls.client.protocols={version}")


@pytest.mark.parametrize("tls", ["explicit", "implicit"])
def test_rclone_copies_a_tree_over_several_connections(
    serve: ServePlace, backend: str, tls: TLS, tmp_path: Path
) -> None:
    """They share one cache of TLS sessions, so that some connections resume another one's."""
    place, folder = serve(backend, tls)
    with skipping_what_is_absent():
        rclone = Rclone(place)
    (tmp_path / "here").mkdir()
    plant(tmp_path / "here")
    for number in range(12):
        (tmp_path / "here" / f"{number}.bin").write_bytes(CONTENT[number:])
    files = {name: data for name, data in tree_of(tmp_path / "here").items() if "." in name}
    rclone.run("copy", "--transfers", "4", str(tmp_path / "here"), rclone.at("copy"))
    copied = tree_of(folder / "copy")
    assert {name: copied.get(name) for name in files} == files
    rclone.run("copy", "--transfers", "4", rclone.at("copy"), str(tmp_path / "back"))
    back = tree_of(tmp_path / "back")
    assert {name: back.get(name) for name in files} == files
