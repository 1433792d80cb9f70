"""URLs: what they mean, and what is refused."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp import _errors
from anyftp._cli._given._url import RemoteURL, below, format_address, parse_url

GOOD = [
    ("ftp://host", RemoteURL("host")),
    ("ftp://host/", RemoteURL("host")),
    ("FTP://Host.Example.:2121/a", RemoteURL("Host.Example.", "a", port=2121)),
    ("ftps://host/a", RemoteURL("host", "a", implicit_tls=True, port=990)),
    ("ftps://host:21/a", RemoteURL("host", "a", implicit_tls=True, port=21)),
    ("ftp://host:/a", RemoteURL("host", "a")),
    ("ftp://me@host/a/b", RemoteURL("host", "a/b", user="me")),
    ("ftp://me:@host/", RemoteURL("host", user="me", password="")),
    ("ftp://me:p:w@host/", RemoteURL("host", user="me", password="p:w")),
    ("ftp://a%40b:p%2F%40@host/", RemoteURL("host", user="a@b", password="p/@")),
    ("ftp://@host/", RemoteURL("host")),
    ("ftp://host//etc/motd", RemoteURL("host", "/etc/motd")),
    ("ftp://host/%2Fetc/motd", RemoteURL("host", "/etc/motd")),
    ("ftp://host/a%20b%25%3F%23", RemoteURL("host", "a b%?#")),
    ("ftp://host/a%ff", RemoteURL("host", "a\udcff")),
    ("ftp://host/grüße", RemoteURL("host", "grüße")),
    ("ftp://host/gr%C3%BC%C3%9Fe", RemoteURL("host", "grüße")),
    ("ftp://host/a;b", RemoteURL("host", "a;b")),
    ("ftp://host/a;type=i", RemoteURL("host", "a")),
    ("ftp://host/a;TYPE=I", RemoteURL("host", "a")),
    ("ftp://host/a;type=", RemoteURL("host", "a")),
    ("ftp://host/a;type=A", RemoteURL("host", "a", kind="A")),
    ("ftp://host/a%3Btype=a", RemoteURL("host", "a;type=a")),
    ("ftp://host/a@b:c", RemoteURL("host", "a@b:c")),
    ("ftp://127.0.0.1:1/a", RemoteURL("127.0.0.1", "a", port=1)),
    ("ftp://[::1]/a", RemoteURL("::1", "a")),
    ("ftp://[::1]:2121/a", RemoteURL("::1", "a", port=2121)),
    ("ftp://[fe80::1%25eth0]:2121/", RemoteURL("fe80::1%eth0", port=2121)),
    ("ftp://bücher.example/", RemoteURL("bücher.example")),
]

BAD = [
    ("", "must begin with ftp://"),
    ("host/file", "must begin with ftp://"),
    ("ftp:/host", "must begin with ftp://"),
    ("http://host/file", "http:// is not FTP"),
    ("ftpes://host/file", "ftpes:// is not FTP"),
    ("ftp://", "names no host"),
    ("ftp:///file", "names no host"),
    ("ftp://:2121/file", "names no host"),
    ("ftp://me@/file", "names no host"),
    ("ftp://me:secret@:21/file", "names no host"),
    ("ftp://me@evil@host/", "more than one @"),
    ("ftp://ho st/", "must name a host by"),
    ("ftp://ho%73t/", "must name a host by"),
    ("ftp://host\\@evil/", "write %5C"),
    ("ftp://-host/", "must name a host by"),
    ("ftp://host:0/", "must be from 1 to 65535"),
    ("ftp://host:65536/", "must be from 1 to 65535"),
    ("ftp://host:٣/", "must be from 1 to 65535"),
    ("ftp://host:+21/", "must be from 1 to 65535"),
    ("ftp://host:21:22/", "must be from 1 to 65535"),
    ("ftp://[::1/", "broken IPv6"),
    ("ftp://[::1]x/", "broken IPv6"),
    ("ftp://[1.2.3.4]/", "broken IPv6"),
    ("ftp://[]/", "broken IPv6"),
    ("ftp://host/%0d%0aDELE%20x", "holds a CR"),
    ("ftp://host/a%0ab", "holds a LF"),
    ("ftp://host/a%00b", "holds a NUL"),
    ("ftp://host/a\r\nDELE b", "holds a CR"),
    ("ftp://me%0d:pw@host/", "holds a CR"),
    ("ftp://me:pw%0aDELE@host/", "holds a LF"),
    ("ftp://host/100%", "write %25"),
    ("ftp://host/%zz", "write %25"),
    ("ftp://host/a#b", "write %23"),
    ("ftp://host/a;type=d", "must be ;type=i (bytes) or ;type=a (text), not ;type=d"),
]


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_good(text: str, expected: RemoteURL) -> None:
    assert parse_url(text) == expected


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_a11_bad(text: str, reason: str) -> None:
    with pytest.raises(_errors.LocalProtocolError) as caught:
        parse_url(text)
    assert reason in str(caught.value)


@given(
    st.text() | st.text().map("ftp://{}".format) | st.text("ftp:/@[]%;?#0a").map("ftp://".__add__)
)
def test_any_text_is_a_url_or_an_error_of_ours(text: str) -> None:
    try:
        url = parse_url(text)
    except _errors.LocalProtocolError:
        return
    assert url.host
    assert not set("\r\n\0") & set(url.host + url.path + (url.user or "") + (url.password or ""))


@given(
    st.from_regex(r"\A(ftp:/?/?)?[a-z]{0,3}:sEcReT[a-z%@?#;\[\]:\x00\n]{0,9}@[a-z0-9:/%@\n]{0,9}")
)
def test_a10_the_password_is_never_shown(text: str) -> None:
    try:
        shown = f"{parse_url(text)} {parse_url(text)!r}"
    except _errors.LocalProtocolError as error:
        shown = str(error)
    assert "sEcReT" not in shown


@pytest.mark.parametrize(
    ("text", "path", "pattern"),
    [
        ("ftp://h/pub/*.txt", "pub/*.txt", "pub/*.txt"),
        ("ftp://h/a?b", "a?b", "a?b"),
        ("ftp://h//[ab]%20c", "/[ab] c", "/[ab] c"),
        ("ftp://h/**/x", "**/x", "**/x"),
        ("ftp://h/%2A%3F%5Bx", "*?[x", None),
        ("ftp://h/%2a*", "**", "[*]*"),
        ("ftp://h/%3F[a]", "?[a]", "[?][a]"),
        ("ftp://h/%5B*", "[*", "[[]*"),
        ("ftp://h/[", "[", None),
        ("ftp://h/[]", "[]", None),
        ("ftp://h/a*;type=a", "a*", "a*"),
    ],
)
def test_patterns(text: str, path: str, pattern: str | None) -> None:
    url = parse_url(text)
    assert (url.path, url.pattern) == (path, pattern)


@pytest.mark.parametrize(
    ("base", "text", "path", "pattern"),
    [
        ("ftp://h/www", "", "www", None),
        ("ftp://h/www/", "a/b", "www/a/b", None),
        ("ftp://h/www", "/pub", "/pub", None),
        ("ftp://h", "a%20b", "a b", None),
        ("ftp://h", "", "", None),
        ("ftp://h/w%2Aw", "*.txt", "w*w/*.txt", "w[*]w/*.txt"),
        ("ftp://h/%5Ba]", "?", "[a]/?", "[[]a]/?"),
        ("ftp://h/w", "/*", "/*", "/*"),
    ],
)
def test_below(base: str, text: str, path: str, pattern: str | None) -> None:
    url = below(parse_url(base), text)
    assert (url.path, url.pattern) == (path, pattern)


def test_below_refuses_what_a_url_refuses() -> None:
    for text in ("a%0ab", "a\nb", "a#b", "50%"):
        with pytest.raises(_errors.LocalProtocolError):
            below(parse_url("ftp://h/"), text)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_an_escaped_name_is_no_pattern(name: str) -> None:
    url = parse_url(f"ftp://h/{quote(name, safe='')}")
    assert (url.path, url.pattern) == (name, None)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (RemoteURL("host", "a b/ü", user="me", password="pw"), "ftp://host:21/a%20b/%C3%BC"),
        (RemoteURL("::1", "/a", implicit_tls=True, port=990), "ftps://[::1]:990//a"),
        (RemoteURL("fe80::1%eth0", "a\udcff"), "ftp://[fe80::1%25eth0]:21/a%FF"),
    ],
)
def test_text_of_a_url_is_a_url(url: RemoteURL, shown: str) -> None:
    assert str(url) == shown
    again = parse_url(shown)
    assert (again.host, again.port, again.path) == (url.host, url.port, url.path)


@pytest.mark.parametrize(
    ("path", "name"), [("", ""), ("/", ""), ("a", "a"), ("a/b", "b"), ("a/b/", "b"), ("/a", "a")]
)
def test_name(path: str, name: str) -> None:
    assert RemoteURL("host", path).name == name


def test_format_address() -> None:
    assert format_address("127.0.0.1", 21) == "127.0.0.1:21"
    assert format_address("::1", 21) == "[::1]:21"
