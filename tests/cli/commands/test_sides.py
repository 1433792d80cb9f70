"""What commands of two folders are given."""

from __future__ import annotations

import click
import pytest

from anyftp._cli._commands._sides import max_delete_option, take_sides


@click.command()
@click.argument("sides", nargs=-1, callback=take_sides)
@max_delete_option
def command(sides: str, max_delete: float | None, **found: object) -> None:
    """Nothing is done."""


def given(*words: str) -> click.Context:
    return command.make_context("command", list(words))


@pytest.mark.parametrize(
    ("text", "count"), [("0", 0), ("12", 12), ("10%", 0.1), ("0%", 0.0), ("100%", 1.0)]
)
def test_counts_and_shares(text: str, count: float) -> None:
    found = given("ftp://h/", "here", "--max-delete", text).params["max_delete"]
    assert (found, type(found)) == (count, type(count))


@pytest.mark.parametrize("text", ["", "-1", "ten", "101%", "%", "1%x", "1.5", "²"])
def test_what_is_neither(text: str) -> None:
    with pytest.raises(click.BadParameter, match="a number, or a share"):
        given("ftp://h/", "here", "--max-delete", text)


@pytest.mark.parametrize(
    ("words", "is_download"), [(("ftp://h/a", "here"), True), (("here", "ftp://h/a"), False)]
)
def test_which_of_them_is_the_url(words: tuple[str, str], is_download: bool) -> None:
    found = given(*words).params
    assert (found["sides"], found["is_download"]) == ("here", is_download)
    assert found["url"].path.endswith("a")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "a folder and a URL, not 0"),
        (("ftp://h/",), "a folder and a URL, not 1"),
        (("ftp://h/", "a", "b"), "a folder and a URL, not 3"),
        (("ftp://h/", ""), "is empty"),
        (("here", "there"), "must be a URL"),
        (("ftp://h/", "ftp://i/"), "must be a URL"),
        (("ftp://h/;type=a", "here"), "no ;type=a"),
    ],
)
def test_what_does_not_fit(words: tuple[str, ...], reason: str) -> None:
    with pytest.raises(click.UsageError, match=reason):
        given(*words)
