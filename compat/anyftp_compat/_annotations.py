"""Names of aioftp's that exist for annotations: nothing here does anything."""

from __future__ import annotations

import io
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, ParamSpec, Protocol, TypeAlias, TypedDict, TypeVar

from ._client._entries import BasicListInfo

if TYPE_CHECKING:
    from ._pathio._local import HasExecutor

_OpenBinaryMode: TypeAlias = Literal[
    "rb", "r+b", "rb+", "wb", "w+b", "wb+", "ab", "a+b", "ab+", "xb", "x+b", "xb+"
]
PathLike: TypeAlias = str | PurePosixPath
PathWithBasicInfo: TypeAlias = tuple[PurePosixPath, BasicListInfo]


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
