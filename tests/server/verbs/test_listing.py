"""LIST, NLST, MLSD, MLST, STAT, SIZE, MDTM; SECURITY rows P12, P16, D13, F10."""

from __future__ import annotations

import zlib
from pathlib import PurePosixPath

import pytest

from anyftp._fs import FileInfo, MemoryFileSystem
from anyftp._protocol import VERBS, parse_moved_size
from anyftp._server import Permission, Server, User
from server.probe import logged_in, server_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("", ""),
        ("-a", ""),
        ("-la", ""),
        ("-a -l", ""),
        ("-la d", "d"),
        ("-la  d e", "d e"),
        ("d -la", "d -la"),
        ("./-la", "./-la"),
        (" d", " d"),
    ],
)
def test_options_of_ls(argument: str, path: str) -> None:
    assert VERBS["LIST"].path_in(argument) == path


def scene() -> MemoryFileSystem:
    tree = MemoryFileSystem()
    tree.put("/d/f", b"12345", modified=1_000_000_000.0)
    tree.put("/g", b"", modified=0.0)
    return tree


@pytest.mark.parametrize("line", ["LIST", "LIST -la", "LIST /", "LIST -a ."])
async def test_list(line: str) -> None:
    async with logged_in(server_of(scene())) as probe:
        text, reply = await probe.download(line)
        assert reply[:3] == "226"
        lines = text.decode().splitlines()
        assert sorted(line.split()[-1] for line in lines) == ["d", "g"]
        assert any(line.startswith("drwxr-xr-x") for line in lines)


async def test_list_of_one_file() -> None:
    async with logged_in(server_of(scene())) as probe:
        (line,) = (await probe.download("LIST d/f"))[0].decode().splitlines()
        assert line.split()[4:] == ["5", "Sep", "9", "2001", "f"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("NLST", {"d", "g"}),
        ("NLST .", {"d", "g"}),
        ("NLST d", {"d/f"}),
        ("NLST /d/", {"/d/f"}),
        ("NLST d/f", {"d/f"}),
        ("NLST g", {"g"}),
        ("NLST -a", {"d", "g"}),
    ],
)
async def test_names_lead_to_the_files(line: str, names: set[str]) -> None:
    async with logged_in(server_of(scene())) as probe:
        text, _ = await probe.download(line)
        assert set(text.decode().splitlines()) == names
        for name in names - {"d"}:
            assert (await probe.ask(f"SIZE {name}"))[:3] == "213"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("NLST *", {"d", "g"}),
        ("NLST [a-f]", {"d"}),
        ("NLST d/*", {"d/f"}),
        ("NLST /d/?", {"/d/f"}),
        ("LIST g*", {"g"}),
        ("LIST -la d/f*", {"f"}),
    ],
)
async def test_patterns(line: str, names: set[str]) -> None:
    async with logged_in(server_of(scene())) as probe:
        text, reply = await probe.download(line)
        assert {line.split()[-1] for line in text.decode().splitlines()} == names
        assert reply[:3] == "226"


async def test_hidden_names_fit_patterns_with_a_dot_only() -> None:
    tree = scene()
    tree.put("/.htaccess", b"")
    async with logged_in(server_of(tree)) as probe:
        for pattern, names in (("*", "d g"), ("?htaccess", ""), (".h*", ".htaccess")):
            text, _ = await probe.download(f"NLST {pattern}")
            assert " ".join(sorted(text.decode().split())) == names
        assert b".htaccess" in (await probe.download("LIST"))[0]


@pytest.mark.parametrize("pattern", ["x*", "d/x?", "no/*", "*" * 1000, "*a" * 100 + "b"])
async def test_a_pattern_that_fits_nothing(pattern: str) -> None:
    tree = scene()
    tree.put("/" + "a" * 250, b"")
    async with logged_in(server_of(tree)) as probe:
        await probe.ask("EPSV")
        assert (await probe.ask(f"NLST {pattern}"))[0] == "5"


async def test_a_name_with_a_star_is_found_as_itself() -> None:
    tree = scene()
    tree.put("/*d/inside", b"")
    async with logged_in(server_of(tree)) as probe:
        assert (await probe.download("NLST *d"))[0] == b"*d/inside\r\n"


async def test_facts() -> None:
    async with logged_in(server_of(scene())) as probe:
        text, _ = await probe.download("MLSD d")
        facts = "type=file;size=5;modify=20010909014640;perm=adfrw;unix.mode=0644;"
        assert text.decode() == f"{facts} f\r\n"
        assert await probe.ask("MLST d/f") == f"250-Facts:\n {facts} /d/f\n250 End."
        assert (await probe.ask("MLST"))[:3] == "250"
        await probe.ask("OPTS MLST size;type;")
        assert (await probe.download("MLSD d"))[0] == b"type=file;size=5; f\r\n"


async def test_facts_tell_the_rights_at_each_path() -> None:
    rules = {"/": Permission.READ_ONLY, "/d": Permission.ALL}
    server = Server([User("bob", "secret", file_system=scene(), permissions=rules)])
    async with logged_in(server) as probe:
        await probe.ask("OPTS MLST perm;")
        text, _ = await probe.download("MLSD")
        assert set(text.decode().splitlines()) == {"perm=cdflmp; d", "perm=r; g"}


@pytest.mark.parametrize(
    "line", ["MLSD g/x", "MLSD no", "LIST no", "NLST no", "LIST g/x", "MLST no", "STAT no"]
)
async def test_refusals_come_before_150(line: str) -> None:
    async with logged_in(server_of(scene())) as probe:
        await probe.ask("EPSV")
        assert (await probe.ask(line))[:3] == "550"


async def test_an_empty_folder() -> None:
    async with logged_in() as probe:
        for line in ("LIST", "NLST", "MLSD"):
            assert await probe.download(line) == (b"", "226 Listing complete, 0 bytes sent.")


@pytest.mark.parametrize("mode", ["S", "Z"])
@pytest.mark.parametrize("line", ["LIST", "NLST", "MLSD", "LIST d/f"])
async def test_the_end_tells_how_many_bytes_it_was(line: str, mode: str) -> None:
    async with logged_in(server_of(scene(), extensions=["MODE Z"])) as probe:
        await probe.ask(f"MODE {mode}")
        text, reply = await probe.download(line)
        nbytes = len(zlib.decompress(text) if mode == "Z" else text)
        assert parse_moved_size(reply) == nbytes > 0


async def test_d13_a_large_folder_comes_whole() -> None:
    tree = MemoryFileSystem()
    names = {f"file-{number:05}" for number in range(12_345)}
    for name in names:
        tree.put(f"/{name}", b"")
    async with logged_in(server_of(tree)) as probe:
        assert set((await probe.download("NLST"))[0].decode().split()) == names
        assert (await probe.download("MLSD"))[0].count(b"\r\n") == len(names)
        assert (await probe.ask("STAT /"))[:3] == "450"


async def test_stat_of_a_path() -> None:
    async with logged_in(server_of(scene())) as probe:
        text = await probe.ask("STAT -la")
        assert text.startswith("213-Status of /:\n")
        assert " d\n" in text
        text = await probe.ask("STAT -l d")
        assert text.startswith("213-")
        assert text.splitlines()[1].endswith(" f")
    async with logged_in(server_of(scene()), name="eve") as probe:
        assert (await probe.ask("STAT d"))[:3] == "550"


async def test_f10_size_and_time() -> None:
    async with logged_in(server_of(scene())) as probe:
        assert await probe.ask("SIZE d/f") == "213 5"
        assert await probe.ask("MDTM d/f") == "213 20010909014640"
        assert await probe.codes("SIZE d", "MDTM d", "SIZE no") == ["550", "550", "550"]


@pytest.mark.parametrize("modified", [-62135596801.0, 253402300800.0, 3e11, -1e17, float("nan")])
async def test_one_odd_time_does_not_spoil_a_folder(modified: float) -> None:
    tree = MemoryFileSystem()
    tree.put("/d/odd", b"x", modified=modified)
    tree.put("/d/ok", b"x")
    async with logged_in(server_of(tree)) as probe:
        for command in ("LIST d", "MLSD d", "NLST d"):
            listing, reply = await probe.download(command)
            assert reply[:3] == "226"
            assert len(listing.splitlines()) == 2
        codes = await probe.codes("STAT d", "MLST d/odd", "MDTM d/odd", "SIZE d/odd")
        assert codes == ["213", "250", "213", "213"]
        assert (await probe.download("RETR d/odd"))[0] == b"x"


async def test_links_are_shown() -> None:
    class Linked(MemoryFileSystem):
        async def stat(self, path: PurePosixPath) -> FileInfo:
            return FileInfo("l", "link", target="d/f")

    async with logged_in(server_of(Linked())) as probe:
        assert "type=OS.unix=slink:d/f;" in await probe.ask("MLST l")


@pytest.mark.parametrize("verb", ["LIST", "NLST", "MLSD", "LIST f*"])
async def test_d13_a_folder_larger_than_allowed(verb: str) -> None:
    tree = MemoryFileSystem()
    for number in range(50):
        tree.put(f"/f{number}", b"")
    async with logged_in(server_of(tree, max_listing=49)) as probe:
        _, reply = await probe.download(verb)
        assert reply == "451 There are more than 49 entries."
        assert await probe.codes("DELE f0") == ["250"]
        listed, reply = await probe.download(verb)
        assert (len(listed.splitlines()), reply[:3]) == (49, "226")


@pytest.mark.parametrize("line", ["LIST -R", "LIST -laR d", "NLST -R d", "STAT -R d", "LIST -a -R"])
async def test_one_folder_is_not_sold_as_a_tree(line: str) -> None:
    async with logged_in(server_of(scene())) as probe:
        async with await probe.open_data():
            assert (await probe.ask(line))[:3] == "504"
        assert (await probe.download("LIST -la"))[1][:3] == "226"


async def test_a_folder_called_as_the_option() -> None:
    tree = MemoryFileSystem()
    tree.put("/-R/f", b"")
    async with logged_in(server_of(tree)) as probe:
        listing, last = await probe.download("NLST ./-R")
        assert (listing, last[:3]) == (b"./-R/f\r\n", "226")


async def test_mlsd_of_a_file_is_a_wrong_argument() -> None:
    """RFC 3659, 7.2.1."""
    tree = MemoryFileSystem()
    tree.put("/f", b"")
    async with logged_in(server_of(tree)) as probe:
        for line, code in (("MLSD f", "501"), ("MLSD g", "550")):
            async with await probe.open_data():
                assert (await probe.ask(line))[:3] == code


async def test_mdtm_with_a_time_sets_it() -> None:
    tree = MemoryFileSystem()
    tree.put("/m.txt", b"")
    tree.put("/a file", b"")
    async with logged_in(server_of(tree)) as probe:
        assert await probe.ask("MDTM 20200102030405 m.txt") == "213 20200102030405"
        assert await probe.ask("MDTM m.txt") == "213 20200102030405"
        assert await probe.ask("MDTM 20210102030405 a file") == "213 20210102030405"
        assert await probe.ask("MDTM a file") == "213 20210102030405"
        codes = await probe.codes(
            "MDTM 20200102030405 g", "MDTM 20209902030405 m.txt", "MDTM 2020 m.txt"
        )
        assert codes == ["550", "501", "550"]
        tree.put("/20200102030405 m.txt", b"")
        before = await probe.ask("MDTM 20200102030405 m.txt")
        assert before[:3] == "213"
        assert before != "213 20200102030405"


async def test_mdtm_with_a_time_needs_the_right_to_set_it() -> None:
    tree = MemoryFileSystem()
    tree.put("/m.txt", b"")
    async with logged_in(server_of(tree), name="ftp") as probe:
        before = await probe.ask("MDTM m.txt")
        assert await probe.codes("MDTM 20200102030405 m.txt") == ["550"]
        assert await probe.ask("MDTM m.txt") == before


async def test_what_is_hidden_is_in_no_listing() -> None:
    tree = MemoryFileSystem()
    for name in ("a", "b.tmp", ".git", "d/c.tmp"):
        tree.put(f"/{name}", b"x")
    server = server_of(tree, hide=["*.tmp", ".git"])
    async with logged_in(server) as probe:
        for line in ("LIST", "NLST", "MLSD", "LIST *", "NLST d", "NLST [bc]*", "LIST -a /"):
            listing, _ = await probe.download(line)
            assert b".tmp" not in listing, line
            assert b".git" not in listing, line
        assert ".tmp" not in await probe.ask("STAT /")
        assert (await probe.download("RETR b.tmp"))[0] == b"x"
        server.change(hide=[])
        assert (await probe.download("NLST"))[0].count(b"\r\n") == 4


def test_hide_takes_several_patterns() -> None:
    with pytest.raises(ValueError, match="hide must be a collection of patterns"):
        server_of(hide="*.tmp")
