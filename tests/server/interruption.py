"""Something happens at the n-th moment at which a task of the server waits.

A task is watched by standing between it and the event loop: each time it gives way, be it for a
socket, a worker thread or a bare checkpoint, is one moment. So every await of the server is reached
by counting up, on every event loop, without a clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

import pytest

from anyftp._server._reception._conversation import Conversation


class Interruption:
    """Counts the moments, and acts at one of them.

    Args:
        moment: when to act, counted from 1; 0 for never.
    """

    def __init__(self, moment: int = 0) -> None:
        self.moment = moment
        self.count = 0
        self.act: Callable[[], object] = lambda: None

    def step(self) -> None:
        """One moment has come."""
        self.count += 1
        if self.count == self.moment:
            self.act()

    @property
    def has_happened(self) -> bool:
        """Whether there were as many moments."""
        return bool(self.moment) and self.count >= self.moment

    def watch_server(self, patch: pytest.MonkeyPatch) -> None:
        """Watch all sessions, and what reads beside them, that begin while the patch lasts."""
        for name in ("run", "_read_beside"):
            patch.setattr(Conversation, name, self._watching(getattr(Conversation, name)))

    def _watching(
        self, method: Callable[..., Coroutine[Any, Any, None]]
    ) -> Callable[..., Coroutine[Any, Any, None]]:
        async def watched(*args: Any) -> None:
            await _Watched(method(*args), self.step)

        return watched


class _Watched(Awaitable[None]):
    def __init__(self, coroutine: Coroutine[Any, Any, None], step: Callable[[], None]) -> None:
        self._coroutine = coroutine
        self._step = step

    def __await__(self) -> Generator[Any, Any, None]:
        resume: Callable[[], Any] = lambda: self._coroutine.send(None)  # noqa: E731
        while True:
            try:
                waited_for = resume()
            except StopIteration:
                return
            self._step()
            try:
                value = yield waited_for
            except BaseException as error:
                resume = _bound(self._coroutine.throw, error)
            else:
                resume = _bound(self._coroutine.send, value)


def _bound(function: Callable[[Any], Any], value: Any) -> Callable[[], Any]:
    return lambda: function(value)
