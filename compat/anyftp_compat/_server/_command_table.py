"""The commands of a server of aioftp's as the core looks them up."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeAlias

import anyftp

from . import _answers
from ._own_commands import Exchange
from ._speech import greet
from ._state import OwnCommand, ServerState, user_behind
from ._stock_commands import CALLERS, METHODS, StockCommands

Handler: TypeAlias = Callable[[anyftp.Session, str], Awaitable[anyftp.Reply | None]]


class AnsweredAtOnce:
    """All verbs, the user's own among them: none waits for a transfer's end that need not."""

    def __contains__(self, verb: object) -> bool:
        return True


class CommandTable(Mapping[str, Handler]):
    """The commands of a user's own, as the core looks them up; the mapping stays alive.

    A verb that the user has taken out of `commands_mapping` is answered with 502. Whoever takes one
    out means to forbid what it does; so the verbs beyond aioftp's, some of which do the same (STOU,
    NLST), are not there either then.
    """

    def __init__(self, server: ServerState) -> None:
        self._server = server

    def __getitem__(self, verb: str) -> Handler:
        if not verb:
            return functools.partial(greet, self._server)
        name = verb.lower()
        command = self._server.commands_mapping.get(name)
        if command is None:
            if name in METHODS or self._is_cut_down:
                return _not_implemented(name)
            return functools.partial(_answers.answer, self._server, verb)
        method = METHODS.get(name)
        if method is not None and _is_stock(command, method):
            if name in CALLERS and not _is_stock_class(self._server, CALLERS[name]):
                return functools.partial(_run_own, self._server, command, verb)
            if name in ("cwd", "cdup"):
                return functools.partial(_go_to, self._server, verb)
            return functools.partial(_answers.answer, self._server, verb)
        return functools.partial(_run_own, self._server, command, verb)

    @property
    def _is_cut_down(self) -> bool:
        return not METHODS.keys() <= self._server.commands_mapping.keys()

    def __iter__(self) -> Iterator[str]:
        return (name.upper() for name in {*METHODS, *self._server.commands_mapping})

    def __len__(self) -> int:
        return len({*METHODS, *self._server.commands_mapping})


def _is_stock_class(server: ServerState, method: str) -> bool:
    return getattr(type(server), method) is getattr(StockCommands, method)


def _is_stock(command: OwnCommand, method: str) -> bool:
    return getattr(command, "__func__", None) is getattr(StockCommands, method)


def _not_implemented(name: str) -> Callable[[anyftp.Session, str], Awaitable[anyftp.Reply]]:
    async def refuse(session: anyftp.Session, argument: str) -> anyftp.Reply:
        return anyftp.Reply("502", (f"{name!r} not implemented",))

    return refuse


async def _run_own(
    server: ServerState, command: OwnCommand, verb: str, session: anyftp.Session, argument: str
) -> None:
    await Exchange(server, session, verb).run(command, argument)


async def _go_to(
    server: ServerState, verb: str, session: anyftp.Session, argument: str
) -> anyftp.Reply | None:
    """CWD and CDUP: aioftp lets nobody into a folder that they may not read."""
    user = user_behind(session.user)
    target = session.cwd.parent if verb == "CDUP" else session.resolve(argument)
    if user is not None and not (await user.get_permissions(target)).readable:
        return anyftp.Reply("550", ("permission denied",))
    return await _answers.answer(server, verb, session, argument)
