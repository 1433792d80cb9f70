"""Reading a line: words, background, this machine; and telling what became of it."""

from __future__ import annotations

import inspect
import re
import shlex

import click

from anyftp import FTPError
from anyftp._cli._ending._failure import Failure, Interrupted, failure_of
from anyftp._cli._ending._run import until_signal
from anyftp._cli._ending._status import Status
from anyftp._cli._reaching._items import tell
from anyftp._cli._shell._state import Shell, ShortFailures
from anyftp._cli._shell._verbs import ALIASES, run_here, verbs


async def run_line(shell: Shell, line: str) -> int:
    """Do what a line says; Ctrl-C ends that, and not the shell.

    Returns:
        The exit status of the line.

    Raises:
        Interrupted: the shell itself has been asked to end.

    Cancellation: what the line does is cancelled.
    """
    try:
        await until_signal(lambda: _run(shell, line))
        return 0
    except Interrupted as interrupted:
        if type(interrupted) is not Interrupted:
            raise  # SIGTERM, or the terminal is gone
        interrupted.show()
        return interrupted.exit_code
    except click.UsageError as error:
        click.echo(f"anyftp: {error.format_message()}", err=True)
        return Status.USAGE
    except Failure as failure:
        tell(failure, failure)
        return failure.exit_code
    except BrokenPipeError:
        raise  # whoever reads our output has seen enough
    except FTPError as error:
        return tell(ShortFailures().failure(shell.remote, error), error).exit_code
    except (OSError, ValueError) as error:
        return tell(failure_of(error), error).exit_code


async def _run(shell: Shell, line: str) -> None:
    if is_for_here(line):
        await run_here(line.strip()[1:])
        return
    words = split(line)
    if not words:
        return
    words[0] = ALIASES.get(words[0], words[0])
    result = verbs.main(words, prog_name="", standalone_mode=False, obj=shell)
    if inspect.isawaitable(result):
        await result


#: What is not cut: quotations, what a backslash stands before, and what # begins.
_PART = re.compile(r"""(?:(?<!\S)#[^;\n]*|\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^;\n])+""", re.DOTALL)


def parts(text: str) -> list[str]:
    """The lines of a text, cut at semicolons as well, but not in quotations."""
    return _PART.findall(text)


def is_for_here(line: str) -> bool:
    """Whether a line is for this machine's shell, which has semicolons of its own."""
    return line.lstrip().startswith("!")


def split(line: str) -> list[str]:
    """The words of a line; an & at its end is an option.

    Raises:
        click.UsageError: a quotation has no end.
    """
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if words and words[-1] == "&":
        return [*words[:1], "--background", *words[1:-1]]
    return words
