"""What the parts of a server know of it: its settings, the core's server, who is behind a user."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import anyftp

from .._ground._codes import DEFAULT_BLOCK_SIZE
from .._ground._connection import Connection
from .._ground._patchable import patched
from .._pathio._interface import AnyPathIO, PathIONursery
from .._pathio._local import AsyncPathIO, PathIO
from .._streams._throttle import StreamThrottle
from ._permissions import User
from ._stock_commands import METHODS, StockCommands, warn_of_dead_hooks
from ._user_managers import AbstractUserManager, AvailableConnections

OwnCommand: TypeAlias = Callable[[Connection, str], Awaitable[object]]


class ServerState(StockCommands):
    """A server's settings and the core's server; see `Server`."""

    core: anyftp.Server
    server_host: str
    server_port: int
    _task: asyncio.Task[None] | None = None

    def __init__(
        self,
        users: Sequence[User] | AbstractUserManager | None = None,
        *,
        block_size: int = DEFAULT_BLOCK_SIZE,
        socket_timeout: float | int | None = None,
        idle_timeout: float | int | None = None,
        wait_future_timeout: float | int | None = 1,
        path_timeout: float | int | None = None,
        path_io_factory: type[AnyPathIO] = PathIO,
        maximum_connections: int | None = None,
        read_speed_limit: int | None = None,
        write_speed_limit: int | None = None,
        read_speed_limit_per_connection: int | None = None,
        write_speed_limit_per_connection: int | None = None,
        ipv4_pasv_forced_response_address: str | None = None,
        data_ports: Iterable[int] | None = None,
        encoding: str = "utf-8",
        ssl: ssl.SSLContext | None = None,
        welcome_message: str = "welcome",
        system_type: str = "UNIX Type: L8",
    ) -> None:
        self.block_size = block_size
        self.socket_timeout = socket_timeout
        self.idle_timeout = idle_timeout
        self.wait_future_timeout = wait_future_timeout
        self.path_timeout = path_timeout
        self.path_io_factory: PathIONursery[AnyPathIO] = patched.pathio.PathIONursery(
            path_io_factory
        )
        self.available_connections: AvailableConnections = patched.server.AvailableConnections(
            maximum_connections
        )
        limits = patched.server.StreamThrottle.from_limits
        self.throttle: StreamThrottle = limits(read_speed_limit, write_speed_limit)
        self.throttle_per_connection: StreamThrottle = limits(
            read_speed_limit_per_connection, write_speed_limit_per_connection
        )
        self.ipv4_pasv_forced_response_address = ipv4_pasv_forced_response_address
        self.available_data_ports: asyncio.PriorityQueue[tuple[int, int]] | None = None
        if data_ports is not None:
            self.available_data_ports = asyncio.PriorityQueue()
            for port in data_ports:
                self.available_data_ports.put_nowait((0, port))
        self.encoding = encoding
        self.ssl = ssl
        self.welcome_message = welcome_message
        self.system_type = system_type
        self.user_manager: AbstractUserManager = (
            users
            if isinstance(users, AbstractUserManager)
            else patched.server.MemoryUserManager(users)
        )
        self.commands_mapping: dict[str, OwnCommand] = {
            name: getattr(self, method) for name, method in METHODS.items()
        }
        warn_of_dead_hooks(self)

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
