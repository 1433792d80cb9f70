"""What the Tab key offers: words, names on the server, names here."""

from __future__ import annotations

import shlex
from collections.abc import AsyncGenerator, Iterable

import anyio
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from anyftp import Entry, FTPError
from anyftp._cli._shell._state import Shell
from anyftp._cli._shell._verbs import ALIASES, verbs

#: Words whose arguments are names of this machine.
LOCAL = frozenset({"put", "mput", "lcd", "!"})
#: Of a folder with more than this no names are offered.
MOST_NAMES = 10_000


class ShellCompleter(Completer):
    """Completes for one shell; what was listed is known until the next line is run."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._listed: dict[str, list[Entry]] = {}
        self._local = PathCompleter(expanduser=True)

    def forget(self) -> None:
        """Folders may be others from now on."""
        self._listed.clear()

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Offer words only: names are found by waiting."""
        if " " not in document.text_before_cursor:
            yield from self._words(document.text_before_cursor)

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Offer what fits what has been typed. Cancellation: safe."""
        text = document.text_before_cursor
        verb, blank, rest = text.lstrip().partition(" ")
        if not blank:
            for completion in self._words(verb):
                yield completion
        elif verb in LOCAL:
            last = rest.rpartition(" ")[2]
            for completion in self._local.get_completions(Document(last), complete_event):
                yield completion
        else:
            async for completion in self._remote(_unquoted(rest)):
                yield completion

    def _words(self, typed: str) -> Iterable[Completion]:
        for word in sorted({*verbs.commands, *ALIASES}):
            if word.startswith(typed):
                yield Completion(word, start_position=-len(typed))

    async def _remote(self, typed: str) -> AsyncGenerator[Completion, None]:
        folder, slash, begun = typed.rpartition("/")
        for entry in await self._entries(folder + slash):
            if entry.name.startswith(begun) and entry.type not in ("cdir", "pdir"):
                name = entry.name.replace(" ", "\\ ") + ("/" if entry.is_dir else "")
                yield Completion(
                    name,
                    start_position=-len(begun.replace(" ", "\\ ")),
                    display=entry.name + ("/" if entry.is_dir else ""),
                )

    async def _entries(self, folder: str) -> list[Entry]:
        if folder not in self._listed:
            try:
                found = await self._shell.client.list(folder)
            except (FTPError, anyio.BusyResourceError):
                return []
            self._listed[folder] = sorted(found[:MOST_NAMES], key=lambda entry: entry.name)
        return self._listed[folder]


def _unquoted(rest: str) -> str:
    """The last word of what has been typed, without the signs that keep it together."""
    try:
        words = shlex.split(rest)
    except ValueError:
        return ""
    return words[-1] if words and not rest.endswith(" ") else ""
