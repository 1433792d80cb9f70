"""The group of commands, and the one place where an exception becomes a line and a status.

Exit statuses: 0 done; 1 failed, with one line on standard error; 2 wrong usage; 130 and 143 ended
by SIGINT and SIGTERM.
"""

from __future__ import annotations

from typing import Any

import click

from anyftp._cli._demo import demo
from anyftp._cli._failure import Failure, Interrupted, describe, first_of
from anyftp._cli._get import get
from anyftp._cli._ls import ls
from anyftp._cli._mirror import mirror
from anyftp._cli._passwd import passwd
from anyftp._cli._put import put
from anyftp._cli._serve import serve
from anyftp._version import __version__


class Commands(click.Group):
    """A group that tells failures in one line."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """As a group's; that the help cannot be printed is a failure too."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _failure(error) from error

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; whatever it raises leaves here as something that click prints."""
        try:
            return super().invoke(ctx)
        except (click.Abort, KeyboardInterrupt) as error:
            raise Interrupted from error
        except (click.exceptions.Exit, click.UsageError):
            raise
        except Exception as error:
            first = first_of(error)
            if isinstance(first, BrokenPipeError):
                raise first from None  # whoever reads our output has seen enough: no word of it
            if ctx.params["debug"]:
                raise
            raise _failure(first) from error


def _failure(error: BaseException) -> Failure:
    return error if isinstance(error, Failure) else Failure(describe(error))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.version_option(__version__, message="anyftp %(version)s")
def anyftp(debug: bool) -> None:
    """Move files over FTP, with limits that hold."""


for command in (get, put, mirror, ls, serve, passwd, demo):
    anyftp.add_command(command)
