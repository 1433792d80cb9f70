"""What a server knows of one connection: values that can be waited for."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import MutableMapping
from typing import Any, TypeAlias

#: Whatever the server, or a handler, keeps there.
Value: TypeAlias = "asyncio.Future[Any]"


class Connection(defaultdict[str, Value]):
    """A dictionary of futures whose results are attributes.

    `connection.user` is the result of the future "user", `connection.future.user` the future
    itself, which is made if it is not there, so that it can be waited for.
    """

    __slots__ = ("future",)

    class Container:
        """Futures by attribute."""

        def __init__(self, storage: MutableMapping[str, Value]) -> None:
            self.storage = storage

        def __getattr__(self, name: str) -> Value:
            return self.storage[name]

        def __delattr__(self, name: str) -> None:
            self.storage.pop(name)

    future: Container

    def __init__(self, **kwargs: object) -> None:
        super().__init__(asyncio.Future)
        self.future = Connection.Container(self)
        for name, value in kwargs.items():
            self[name].set_result(value)

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name].result()
        raise AttributeError(f"{name!r} not in storage")

    def __setattr__(self, name: str, value: object) -> None:
        if name in Connection.__slots__:
            super().__setattr__(name, value)
            return
        if name in self and self[name].done():
            del self[name]
        self[name].set_result(value)

    def __delattr__(self, name: str) -> None:
        if name in self:
            self.pop(name)
