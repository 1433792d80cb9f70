"""Strict FTP URLs: scheme://[user[:password]@]host[:port]/path (RFC 1738 section 3.2, RFC 3986).

Strict, because leniency is how one URL comes to mean two things: a second @ hides the real host, a
line feed behind %0A is a second command (CVE-2012-0036), a NUL cuts a path (CVE-2018-1000120).

The path is relative to the directory of the login; a second slash makes it absolute
(ftp://host//etc/motd or, as RFC 1738 writes it, ftp://host/%2Fetc/motd). `*`, `?` and `[ab]` make
a pattern of it; %2A, %3F and %5B stand for themselves.

No message shows what stands before the @, for a password may be in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Literal
from urllib.parse import quote, unquote_to_bytes

from anyftp import LocalProtocolError

FTP_PORT = 21
FTPS_PORT = 990  # implicit TLS; registered, though no RFC describes it

_SCHEME = re.compile(r"(ftps?)://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HOST = re.compile(r"[\w](?:[\w.-]*[\w.])?")  # letters of any script, as in example.com.
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_TYPE = re.compile(r";type=([a-z]?)", re.ASCII | re.IGNORECASE)
_WILD = re.compile(r"[*?]|\[[^\]/]+\]")
#: Wild characters that are written as escapes, as a pattern has them when they mean themselves.
_TAME = {"%2A": "[*]", "%3F": "[?]", "%5B": "[[]"}
_ESCAPED_WILD = re.compile("|".join(_TAME), re.IGNORECASE)
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class RemoteURL:
    """A place on an FTP server.

    Attributes:
        host: name or address, IPv6 without its brackets.
        path: decoded; "" is the directory of the login.
        implicit_tls: TLS from the first byte (ftps).
        port: TCP port.
        user: None when the URL names none.
        password: None when the URL has none; never part of str() or repr().
        kind: how files are transferred: "A" (text) with ;type=a, else "I" (as they are).
        pattern: of paths, where there is something wild in it, else None.
        settings: options of a profile that the place belongs to.
    """

    host: str
    path: str = ""
    implicit_tls: bool = False
    port: int = FTP_PORT
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    kind: Literal["I", "A"] = "I"
    pattern: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        """The URL without user and password."""
        scheme = "ftps" if self.implicit_tls else "ftp"
        return f"{scheme}://{format_address(self.host, self.port)}/{quote(self.path, errors=_RAW)}"

    @property
    def name(self) -> str:
        """The last component of the path: the name that a download gets."""
        return self.path.rstrip("/").rpartition("/")[2]


_RAW = "surrogateescape"


def parse_url(text: str) -> RemoteURL:
    """Read an FTP URL.

    Raises:
        LocalProtocolError: it is none, names no host, or hides a character that FTP cannot send.
    """
    _refuse_controls(text, "the URL")
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise LocalProtocolError(_wrong_scheme(text))
    implicit_tls = scheme[1].lower() == "ftps"
    authority, _, path = text[scheme.end() :].partition("/")
    login, at, address = authority.rpartition("@")
    if "@" in login:
        raise LocalProtocolError("the URL has more than one @ before its path: write %40 for it")
    if "\\" in login:  # browsers take it for a slash, and another host for the host
        raise LocalProtocolError("the URL has a backslash before its path: write %5C for it")
    host, port = _parse_address(address)
    user, colon, password = login.partition(":")
    path, kind = _split_type(path)
    return RemoteURL(
        host=host,
        path=_parse_path(path),
        pattern=_parse_pattern(path),
        kind=kind,
        implicit_tls=implicit_tls,
        port=port or (FTPS_PORT if implicit_tls else FTP_PORT),
        user=_decode(user, "the user name") if at and user else None,
        password=_decode(password, "the password") if colon and user else None,
    )


def below(url: RemoteURL, text: str) -> RemoteURL:
    """A place below the path of a URL, or, where the text begins with a slash, below the root.

    Raises:
        LocalProtocolError: the text hides a character that FTP cannot send.
    """
    _refuse_controls(text, "the path")
    text, kind = _split_type(text)
    path, pattern = _parse_path(text), _parse_pattern(text)
    if not text.startswith("/") and url.path:
        folder = url.path.rstrip("/")
        path = f"{folder}/{path}" if path else url.path
        pattern = f"{_WILD.sub(_tamed, folder)}/{pattern}" if pattern else None
    return replace(url, path=path, pattern=pattern, kind=kind if kind == "A" else url.kind)


def parse_pattern(path: str) -> str | None:
    """A path that is typed without escapes; None if there is nothing wild in it."""
    return path if _WILD.search(path) else None


def _tamed(wild: re.Match[str]) -> str:
    return "".join(f"[{one}]" if one in "*?[" else one for one in wild[0])


def format_address(host: str, port: int) -> str:
    """Write host and port as a URL has them, IPv6 in brackets."""
    shown = f"[{host.replace('%', '%25')}]" if ":" in host else host
    return f"{shown}:{port}"


def _wrong_scheme(text: str) -> str:
    other = _OTHER_SCHEME.match(text)
    if other is not None:
        return f"{other[1]}:// is not FTP: the URL must begin with ftp:// or ftps://"
    return "the URL must begin with ftp:// or ftps://"


def _parse_address(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        literal, bracket, rest = text[1:].partition("]")
        if not bracket or rest[:1] not in ("", ":"):
            raise LocalProtocolError(f"the URL has a broken IPv6 address: {text}")
        return _parse_ipv6(literal), _parse_port(rest[1:])
    host, _, port = text.partition(":")
    if not host:
        raise LocalProtocolError("the URL names no host")
    if not _HOST.fullmatch(host):
        raise LocalProtocolError(f"the URL must name a host by a name or an address, not {host}")
    return host, _parse_port(port)


def _parse_ipv6(literal: str) -> str:
    address = literal.replace("%25", "%", 1)  # RFC 6874: the zone's sign is itself encoded
    try:
        IPv6Address(address)
    except AddressValueError as error:
        raise LocalProtocolError(f"the URL has a broken IPv6 address: [{literal}]") from error
    return address


def _parse_port(text: str) -> int | None:
    if not text:
        return None
    if not _PORT.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise LocalProtocolError(f"the URL's port must be from 1 to 65535, not {text}")
    return int(text)


def _parse_path(text: str) -> str:
    if "#" in text:
        raise LocalProtocolError("write %23 for a # in the path of an FTP URL")
    return _decode(text, "the path")


def _parse_pattern(text: str) -> str | None:
    if not _WILD.search(text):
        return None
    return _decode(_ESCAPED_WILD.sub(lambda found: _TAME[found[0].upper()], text), "the path")


def _split_type(text: str) -> tuple[str, Literal["I", "A"]]:
    """Take ;type= off the end of a path (RFC 1738, section 3.2.2)."""
    path, semicolon, parameter = text.rpartition(";")
    type_ = _TYPE.fullmatch(semicolon + parameter)
    if type_ is None:
        return text, "I"
    if type_[1].lower() not in ("", "i", "a"):
        raise LocalProtocolError(
            f"the URL's type must be ;type=i (bytes) or ;type=a (text), not {type_[0]}"
        )
    return path, "A" if type_[1].lower() == "a" else "I"


def _decode(text: str, what: str) -> str:
    if _BAD_PERCENT.search(text):
        raise LocalProtocolError(f"{what} has a % that begins no escape: write %25 for it")
    decoded = unquote_to_bytes(text.encode("utf-8", _RAW)).decode("utf-8", _RAW)
    _refuse_controls(decoded, what)
    return decoded


def _refuse_controls(text: str, what: str) -> None:
    for character, name in (("\r", "CR"), ("\n", "LF"), ("\0", "NUL")):
        if character in text:
            raise LocalProtocolError(f"{what} holds a {name}, which FTP cannot send")
