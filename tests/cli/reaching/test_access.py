"""Options, a URL and its profile together: what counts for one server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import pytest

from anyftp._cli._ending._asked import VERBOSE
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import RETRIES, TIMEOUT_SECONDS, Access
from anyftp._cli._reaching._remote import Remote


@pytest.fixture(autouse=True)
def context() -> Iterator[click.Context]:
    with click.Context(click.Command("ls")) as context:
        yield context


def remote(access: Access, settings: dict[str, Any] | None = None, **url: Any) -> Remote:
    return access.to(RemoteURL("ftp.example.org", settings=settings or {}, **url))


#: An option, what it is where nobody says, and two values that it can have.
VALUES: list[tuple[str, object, object, object]] = [
    ("tls", None, True, None),
    ("insecure", False, True, False),
    ("ca_file", None, "a.pem", "b.pem"),
    ("active", False, True, False),
    ("timeout", TIMEOUT_SECONDS, 1.0, 2.0),
    ("retry", RETRIES, 0, 7),
    ("limit_rate", None, 1000, 2000),
]


@pytest.mark.parametrize(("name", "default", "one", "other"), VALUES, ids=[v[0] for v in VALUES])
def test_the_command_line_then_the_profile_then_the_default(
    name: str, default: object, one: object, other: object
) -> None:
    def found(access: Access, settings: dict[str, object]) -> object:
        value = getattr(remote(access, settings), name)
        return {"explicit": True}.get(value, value) if name == "tls" else value

    given = False if name == "tls" and other is None else other
    assert found(Access(), {}) == default
    assert found(Access(), {name: one}) == one
    assert found(Access(**{name: one}), {}) == one  # type: ignore[arg-type]
    assert found(Access(**{name: given}), {name: one}) == other  # type: ignore[arg-type]
    assert found(Access(**{name: one}), {name: given}) == one  # type: ignore[arg-type]


def test_nobody_logs_in_as_anonymous() -> None:
    found = remote(Access())
    assert (found.user, found.password) == ("anonymous", "anon@")


def test_the_option_names_the_user_and_the_url_does_not() -> None:
    found = remote(Access(user="me:secret"), user="you", password="other")
    assert (found.user, found.password) == ("me", "secret")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("implicit", "wanted", "tls"),
    [
        (False, None, None),
        (False, False, None),
        (False, True, "explicit"),
        (True, None, "implicit"),
        (True, True, "implicit"),
    ],
)
def test_tls(*, implicit: bool, wanted: bool | None, tls: str | None) -> None:
    assert remote(Access(tls=wanted), implicit_tls=implicit).tls == tls


def test_ftps_without_tls_is_a_contradiction() -> None:
    with pytest.raises(click.UsageError, match="--no-tls contradicts ftps://"):
        remote(Access(tls=False), implicit_tls=True)


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "socks5://me:secret@proxy:1080"])
def test_no_server_connects_to_us_through_a_proxy(proxy: str) -> None:
    assert remote(Access(proxy=proxy)).proxy == proxy
    with pytest.raises(click.UsageError, match="--active"):
        remote(Access(proxy=proxy, active=True))
    with pytest.raises(click.UsageError, match="--active"):
        remote(Access(active=True), {"proxy": proxy})
    assert remote(Access(proxy="none", active=True), {"proxy": proxy}).active


def test_whoever_named_a_proxy_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(click.UsageError, match=r"^--proxy: "):
        remote(Access(proxy="gopher://proxy"))
    monkeypatch.setenv("ftp_proxy", "gopher://me:secret@proxy")
    with pytest.raises(click.UsageError, match=r"^ftp_proxy: ") as caught:
        remote(Access())
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("is_asked", [False, True])
def test_the_dialogue_is_for_those_who_ask(context: click.Context, *, is_asked: bool) -> None:
    context.meta[VERBOSE] = is_asked
    assert remote(Access()).is_traced is is_asked
