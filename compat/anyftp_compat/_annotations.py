"""Names of aioftp's that exist for annotations: nothing here does anything."""

from __future__ import annotations

import asyncio
import io
import ssl
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar

from ._client._entries import BasicListInfo

if TYPE_CHECKING:
    from ._client._parsers import ParseListLineCustomCallable
    from ._pathio._interface import AbstractPathIO
    from ._pathio._local import HasExecutor

_OpenBinaryMode: TypeAlias = Literal[
    "rb", "r+b", "rb+", "wb", "w+b", "wb+", "ab", "a+b", "ab+", "xb", "x+b", "xb+"
]
PathLike: TypeAlias = str | PurePosixPath
PathWithBasicInfo: TypeAlias = tuple[PurePosixPath, BasicListInfo]


class BaseClientArgs(TypedDict, total=False):
    """Keywords of `BaseClient`, for `Unpack`."""

    socket_timeout: float | int | None
    connection_timeout: float | int | None
    read_speed_limit: int | None
    write_speed_limit: int | None
    path_timeout: float | int | None
    path_io_factory: type[AbstractPathIO[Path]]
    encoding: str
    ssl: ssl.SSLContext | bool | None
    parse_list_line_custom: ParseListLineCustomCallable | None
    parse_list_line_custom_first: bool
    passive_commands: tuple[str, ...]
    siosocks_asyncio_kwargs: Any


class AsyncIOStartServerKwargs(TypedDict, total=False):
    """Keywords of `asyncio.start_server`."""

    loop: asyncio.AbstractEventLoop | None
    limit: int
    ssl_handshake_timeout: float | None
    family: int
    flags: int
    sock: None
    backlog: int
    ssl: bool | ssl.SSLContext | None
    reuse_address: bool | None
    reuse_port: bool | None
    start_serving: bool


class MLSXFacts(TypedDict, total=False):
    """Facts of a line of MLSD."""

    Size: int
    Create: str
    Modify: str
    Type: Literal["file", "dir", "unknown"]


class PathlibOpenKwargs(TypedDict, total=False):
    """Keywords of `pathlib.Path.open`."""

    mode: _OpenBinaryMode
    buffering: int
    encoding: str | None
    errors: str | None
    newline: str | None


class _OpenKwargs(TypedDict, total=False):
    """Keywords of `AbstractPathIO.open`."""

    path: Path
    mode: str


class _DirNodeProtocol(Protocol):
    """A folder of `MemoryPathIO`."""

    type: Literal["dir"]
    name: str
    ctime: int
    mtime: int
    content: list[NodeProtocol]


class _FileNodeProtocol(Protocol):
    """A file of `MemoryPathIO`."""

    type: Literal["file"]
    name: str
    ctime: int
    mtime: int
    content: io.BytesIO


NodeProtocol: TypeAlias = _DirNodeProtocol | _FileNodeProtocol

WorkerR = TypeVar("WorkerR")
_BlockingIOType = TypeVar("_BlockingIOType", bound="HasExecutor")
_BlockingIOParamSpec = ParamSpec("_BlockingIOParamSpec")
_BlockingIOReturnType = TypeVar("_BlockingIOReturnType")
DefendFileMethodsParamSpec = ParamSpec("DefendFileMethodsParamSpec")
DefendFileMethodsReturnType = TypeVar("DefendFileMethodsReturnType")
UniversalExceptionParamSpec = ParamSpec("UniversalExceptionParamSpec")
UniversalExceptionReturnType = TypeVar("UniversalExceptionReturnType")
ConnectionConditionsParamSpec = ParamSpec("ConnectionConditionsParamSpec")
ConnectionConditionsReturnType = TypeVar("ConnectionConditionsReturnType")
PathConditionsParamSpec = ParamSpec("PathConditionsParamSpec")
PathConditionsReturnType = TypeVar("PathConditionsReturnType")
PathPermissionsParamSpec = ParamSpec("PathPermissionsParamSpec")
PathPermissionsReturnType = TypeVar("PathPermissionsReturnType")
