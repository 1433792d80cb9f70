"""What the parts of a server know of it: its settings, the core's server, who is behind a user."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyftp

from .._ground._connection import Connection
from .._pathio._interface import AnyPathIO, PathIONursery
from .._pathio._local import AsyncPathIO, PathIO
from .._streams._throttle import StreamThrottle
from ._permissions import User
from ._stock_commands import StockCommands
from ._user_managers import AbstractUserManager

OwnCommand: TypeAlias = Callable[[Connection, Any], Awaitable[object]]


class ServerState(StockCommands):
    """A server's settings and the core's server; see `Server`."""

    core: anyftp.Server
    server_host: str
    server_port: int
    user_manager: AbstractUserManager
    commands_mapping: dict[str, OwnCommand]
    path_io_factory: PathIONursery[AnyPathIO]
    block_size: int
    encoding: str
    socket_timeout: float | int | None
    idle_timeout: float | int | None
    wait_future_timeout: float | int | None
    path_timeout: float | int | None
    ssl: ssl.SSLContext | None
    throttle: StreamThrottle
    ipv4_pasv_forced_response_address: str | None
    available_data_ports: asyncio.PriorityQueue[tuple[int, int]] | None
    _task: asyncio.Task[None] | None = None

    @property
    def serves_disk(self) -> bool:
        """Whether files are the disk's as the core serves it, with no class of the user's own."""
        if self.get_paths is not StockCommands.get_paths:
            return False
        return self.path_io_factory.factory in (PathIO, AsyncPathIO)

    @property
    def is_serving(self) -> bool:
        """Whether connections are taken."""
        return self._task is not None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TranslatedUser(anyftp.User):
    """A user of the core's that stands for one of aioftp's kind.

    Attributes:
        behind: the user of aioftp's kind.
    """

    behind: User


def user_behind(core_user: anyftp.User | None) -> User | None:
    """The manager's user that one of the core's stands for."""
    return core_user.behind if isinstance(core_user, TranslatedUser) else None
