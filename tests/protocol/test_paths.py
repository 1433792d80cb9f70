from __future__ import annotations

import contextlib
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError, UnsafeNameError
from anyftp._protocol import (
    check_name,
    collisions,
    fold_name,
    join_remote,
    parse_257,
    quote_257,
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('"/home" is the current directory', "/home"),
        ('"/"', "/"),
        ('"/a ""quoted"" name" created', '/a "quoted" name'),
        ('"/ends with """ created', '/ends with "'),
        ('"/a"b" is the current directory', '/a"b'),
        ('"/a"b"', '/a"b'),
        ('"/say "hi"" is your current location', '/say "hi"'),
        ('"/"q""', '/"q"'),
        ('"/home".', "/home"),
        ('"/home"is current', "/home"),
        ('Directory "/x" created', "/x"),
        ('"/x" is "not" y', "/x"),
        ("/home", "/home"),
        ("/my home is current directory.", "/my home"),
        ("/home is your current directory", "/home"),
        ("/home - current directory", "/home"),
        ("C:\\ftp", "C:\\ftp"),
        ('"relative"', "relative"),
        ('"/two\nlines"', "/two\nlines"),
    ],
)
def test_257(text: str, path: str) -> None:
    assert parse_257(text) == path


@pytest.mark.parametrize(
    "text", ["", "ok", '""', '"', '"/home', "Directory created.", '"" is current']
)
def test_no_257(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_257(text)


def test_quote() -> None:
    assert quote_257(PurePosixPath('/a"b')) == '"/a""b"'


@given(st.text(min_size=1), st.sampled_from(["", " created", " is the current directory."]))
def test_quoted_paths_come_back(path: str, remark: str) -> None:
    assert parse_257(quote_257(path) + remark) == path


@given(st.text() | st.text('"/ a.'))
def test_any_257(text: str) -> None:
    with contextlib.suppress(RemoteProtocolError):
        assert parse_257(text)


@pytest.mark.parametrize(
    ("cwd", "argument", "path"),
    [
        ("/", "", "/"),
        ("/a", "", "/a"),
        ("/a", "b", "/a/b"),
        ("/a", "/b", "/b"),
        ("/a", "//b", "/b"),
        ("/a", "//", "/"),
        ("/a/b", "..", "/a"),
        ("/a/b", "../../../..", "/"),
        ("/a", "/../../etc/passwd", "/etc/passwd"),
        ("/a", "./b/./c/", "/a/b/c"),
        ("/a", "b/../../c", "/c"),
        ("/a", "...", "/a/..."),
        ("/a", "..\\..", "/a/..\\.."),
        ("/a", "%2e%2e", "/a/%2e%2e"),
        ("/a", "~", "/a/~"),
        ("/a", " b ", "/a/ b "),
        ("/a", "caf\udce9", "/a/caf\udce9"),
    ],
)
def test_join(cwd: str, argument: str, path: str) -> None:
    assert join_remote(PurePosixPath(cwd), argument) == PurePosixPath(path)


@pytest.mark.parametrize("argument", ["a\0b", "a\nb", "a\rb"])
def test_join_refuses_control_characters(argument: str) -> None:
    with pytest.raises(UnsafeNameError):
        join_remote(PurePosixPath("/"), argument)


@given(st.lists(st.sampled_from(["..", ".", "", "a", "..a", " ", "/"])))
def test_join_never_leaves_the_root(parts: list[str]) -> None:
    path = join_remote(PurePosixPath("/x"), "/".join(parts))
    assert path.parts[0] == "/"
    assert not {"..", "."} & set(path.parts)
    assert join_remote(path, "") == path
    assert join_remote(PurePosixPath("/y"), str(path)) == path


@pytest.mark.parametrize(
    "name",
    ["a", ".bashrc", "...", "a b", " a ", "a\\b", "C:x", "con", 'a"b', "-rf", "a -> b", "\udcff"],
)
def test_good_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "a/b", "../a", "/etc/passwd", "a\0", "a\rb", "a\n"]
)
@pytest.mark.parametrize("windows", [False, True])
def test_bad_names(name: str, windows: bool) -> None:
    with pytest.raises(UnsafeNameError) as caught:
        check_name(name, windows=windows)
    assert caught.value.name == name


@pytest.mark.parametrize(
    "name",
    [
        "C:x",
        "a\\b",
        "..\\a",
        "a:stream",
        "CON",
        "con.txt",
        "NUL",
        "nul .txt",
        "com1",
        "LPT¹",
        "aux.tar.gz",
        "a.",
        "a ",
        "a?",
        "a*",
        "a<b",
        "a|b",
        'a"b',
        "a\x1bb",
        "CONIN$",
    ],
)
def test_names_bad_on_windows(name: str) -> None:
    check_name(name)
    with pytest.raises(UnsafeNameError):
        check_name(name, windows=True)


@pytest.mark.parametrize("name", ["console", "com10", "com", "nulls.txt", ".con", "a.con", "lpt"])
def test_names_good_on_windows(name: str) -> None:
    check_name(name, windows=True)


@pytest.mark.parametrize(
    "name",
    [
        "..\\evil",
        "\\\\host\\share\\x",
        "\\\\?\\C:\\x",
        "\\\\.\\PhysicalDrive0",
        "C:",
        "c:x",
        "x::$DATA",
        "x:$I30:$INDEX_ALLOCATION",
        "NUL.",
        "NUL ",
        "nul:",
        "NUL:x",
        "con.",
        "COM1 .txt",
        "LPT9.a.b",
        "...",
        "....",
        ".. ",
        " .",
        "x..",
        "x . ",
        "PRN.txt",
        "AUX",
        "CONOUT$",
        "COM²",
        "a\tb",
        "a\x01",
    ],
)
def test_more_names_bad_on_windows(name: str) -> None:
    with pytest.raises(UnsafeNameError):
        check_name(name, windows=True)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        pytest.param(["a", "b"], [], id="none"),
        pytest.param(["a", "a"], [], id="the-same-twice"),
        pytest.param(["a", "b", "A", "c", "B"], [("a", "A"), ("b", "B")], id="case"),
        pytest.param(["é", "e\u0301"], [("é", "e\u0301")], id="one-piece-or-two"),
        pytest.param(["É", "e\u0301"], [("É", "e\u0301")], id="both"),
        pytest.param(["ſ", "s"], [("ſ", "s")], id="long-s"),
        pytest.param(["\udcff", "\udcfe"], [], id="no-text-at-all"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_names_that_differ_in_case_alone(names: list[str], found: list[tuple[str, str]]) -> None:
    assert collisions(names) == found


@given(st.text(st.characters(codec="ascii")))
def test_case_of_ascii_never_counts(name: str) -> None:
    assert fold_name(name.upper()) == fold_name(name.lower()) == fold_name(name)


@given(st.lists(st.text()))
def test_what_collides_is_not_the_same(names: list[str]) -> None:
    assert all(one != other for one, other in collisions(names))
    assert len(collisions(names)) <= len(names) - len(set(map(fold_name, names)))


@given(st.text(), st.booleans())
def test_a_checked_name_stays_in_its_folder(name: str, windows: bool) -> None:
    try:
        check_name(name, windows=windows)
    except UnsafeNameError:
        return
    assert PurePosixPath("/base", name).parent == PurePosixPath("/base")
