"""What all commands can be asked for, in front of the command and behind it."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from anyftp._cli._ending._asked import DEBUG, VERBOSE, asking_options, is_asked_for


@click.group()
def main() -> None:
    """A program."""


@main.command()
def tell() -> None:
    """Say what was asked for."""
    click.echo(f"{is_asked_for(DEBUG)} {is_asked_for(VERBOSE)}")


for each in (main, tell):
    each.params += asking_options()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("tell", "False False"),
        ("--debug tell", "True False"),
        ("tell --debug", "True False"),
        ("-v tell", "False True"),
        ("tell --verbose", "False True"),
        ("--debug tell -v", "True True"),
        ("-v --debug tell -v", "True True"),
    ],
)
def test_before_and_behind(words: str, told: str) -> None:
    assert CliRunner().invoke(main, words).output == f"{told}\n"


def test_where_no_command_runs_nothing_is_asked_for() -> None:
    assert not is_asked_for(DEBUG)
