"""A line that is edited on the terminal, with history and completion."""

from __future__ import annotations

import os
from pathlib import Path

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.patch_stdout import patch_stdout

from anyftp import FTPError
from anyftp._cli._shell._completion import ShellCompleter
from anyftp._cli._shell._state import NextLine, Shell
from anyftp._protocol import visible


def prompt(state: Shell) -> NextLine:
    """Make what reads lines from the terminal. Ctrl-C clears a line, Ctrl-D ends the shell."""
    completer = ShellCompleter(state)
    session: PromptSession[str] = PromptSession(
        history=_history(),
        completer=completer,
        complete_while_typing=False,
        enable_history_search=True,
    )

    async def next_line() -> str | None:
        completer.forget()
        while True:
            try:
                with patch_stdout(raw=True):
                    return await session.prompt_async(await _words(state))
            except KeyboardInterrupt:
                continue
            except EOFError:
                return None

    return next_line


async def _words(state: Shell) -> str:
    url = state.remote.url
    try:
        where = visible(str(await state.client.get_current_directory()))
    except FTPError as error:
        click.echo(f"anyftp: {visible(str(error))}", err=True)
        where = "?"
    return f"{state.remote.user}@{url.host}:{where}> "


def _history() -> History:
    from platformdirs import user_state_path

    path = user_state_path("anyftp", appauthor=False) / "history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(path)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _make_private(path: Path) -> None:
    """What is typed may hold secrets."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
