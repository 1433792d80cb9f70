"""The group of commands, and the one place where an exception becomes a line and a status.

A command's module is imported when it is asked for: `--help` and `--version` import none.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from anyftp._cli._ending._asked import DEBUG, VERBOSE, asking_options
from anyftp._version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Where each command is, and what the list of commands says of it.
COMMANDS = {
    "get": ("_commands._get", "Download files and folders."),
    "put": ("_commands._put", "Upload files and folders."),
    "mirror": ("_commands._mirror", "Make the folder DEST like the folder SRC."),
    "sync": ("_commands._sync", "Keep a folder here and one there alike, both ways."),
    "ls": ("_commands._ls", "List a folder."),
    "tree": ("_commands._looking", "Draw a folder with all that is in it."),
    "find": ("_commands._looking", "Find files by name, size and time."),
    "du": ("_commands._looking", "Add up the sizes in folders."),
    "stat": ("_commands._looking", "Tell all about a file or folder."),
    "cat": ("_commands._reading", "Write files to standard output."),
    "head": ("_commands._reading", "Write the beginnings of files."),
    "tail": ("_commands._reading", "Write the ends of files."),
    "rm": ("_commands._changes", "Remove files and folders."),
    "mv": ("_commands._changes", "Rename or move files and folders."),
    "mkdir": ("_commands._changes", "Make folders."),
    "chmod": ("_commands._changes", "Set permission bits."),
    "quote": ("_commands._looking", "Send commands as they are."),
    "shell": ("_shell._command", "Work with a server by typed commands."),
    "bookmark": ("_commands._bookmark", "Give servers short names."),
    "doctor": ("_doctor._command", "Tell what works with a server, and what to do about it."),
    "serve": ("_serving._serve", "Serve the folder DIR until SIGINT or SIGTERM."),
    "passwd": ("_serving._passwd", "Set a user's password in a file for serve --users."),
    "demo": ("_demo._command", "Show and measure what the library does, on this machine."),
}


class Commands(click.Group):
    """A group that imports its commands late, and tells failures in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is that of use."""
        return [*COMMANDS, *(name for name in self.commands if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, and have it understand the options that all of them have."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            place, short_help = COMMANDS[cmd_name]
            command: click.Command = getattr(import_module(f"anyftp._cli.{place}"), cmd_name)
            command.short_help = short_help
            self.add_command(command, cmd_name)
        return super().get_command(ctx, cmd_name)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, with --debug and --verbose unless it has its own."""
        own = {opt for param in cmd.params for opt in param.opts}
        cmd.params += [option for option in asking_options() if own.isdisjoint(option.opts)]
        super().add_command(cmd, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """As a group's; what cannot be printed, such as help and completions, is a failure too."""
        try:
            return super().main(*arguments, **settings)
        except OSError as error:
            told = _as_told(error)
            if not isinstance(told, click.ClickException):  # whoever reads it has seen enough
                sys.exit(1)
            told.show()
            sys.exit(told.exit_code)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; whatever it raises leaves here as something that click prints."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.UsageError):
            raise
        except (Exception, KeyboardInterrupt) as error:
            raise _as_told(error, is_debugging=ctx.meta.get(DEBUG, False)) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As a group's, importing no command to complete the name of one."""
        from click.shell_completion import CompletionItem  # which click has for this alone

        begun = [name for name in COMMANDS if name.startswith(incomplete)]
        named = [CompletionItem(name, help=COMMANDS[name][1]) for name in begun]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]


def _as_told(error: BaseException, *, is_debugging: bool = False) -> BaseException:
    # What there is to be told of failures is imported by what fails.
    from anyftp._cli._ending._failure import as_told

    return as_told(error, is_debugging=is_debugging)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.option("-v", "--verbose", is_flag=True, help="Show the dialogue with the server.")
@click.version_option(__version__, message="anyftp %(version)s")
@click.pass_context
def anyftp(ctx: click.Context, debug: bool, verbose: bool) -> None:
    """Move files over FTP, with limits that hold.

    --debug and --verbose may also stand after the command.
    """
    ctx.meta[DEBUG] = debug
    ctx.meta[VERBOSE] = verbose
    if verbose:
        ctx.default_map = {"serve": {"verbose": True}}  # which has a --verbose of its own
