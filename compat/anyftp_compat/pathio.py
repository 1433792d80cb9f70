"""What aioftp keeps in `aioftp.pathio`."""

from __future__ import annotations

import abc as abc
import asyncio as asyncio
import functools as functools
import io as io
import operator as operator
import stat as stat
import sys as sys
import time as time

from ._annotations import DefendFileMethodsParamSpec as DefendFileMethodsParamSpec
from ._annotations import DefendFileMethodsReturnType as DefendFileMethodsReturnType
from ._annotations import NodeProtocol as NodeProtocol
from ._annotations import PathlibOpenKwargs as PathlibOpenKwargs
from ._annotations import UniversalExceptionParamSpec as UniversalExceptionParamSpec
from ._annotations import UniversalExceptionReturnType as UniversalExceptionReturnType
from ._annotations import _BlockingIOParamSpec as _BlockingIOParamSpec
from ._annotations import _BlockingIOReturnType as _BlockingIOReturnType
from ._annotations import _BlockingIOType as _BlockingIOType
from ._annotations import _DirNodeProtocol as _DirNodeProtocol
from ._annotations import _FileNodeProtocol as _FileNodeProtocol
from ._annotations import _OpenKwargs as _OpenKwargs
from ._ground._codes import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from ._ground._connection import Connection as Connection
from ._ground._errors import PathIOError as PathIOError
from ._ground._listers import AbstractAsyncLister as AbstractAsyncLister
from ._ground._timeouts import with_timeout as with_timeout
from ._pathio._interface import AbstractPathIO as AbstractPathIO
from ._pathio._interface import AsyncPathIOContext as AsyncPathIOContext
from ._pathio._interface import PathIONursery as PathIONursery
from ._pathio._interface import PathIOType as PathIOType
from ._pathio._interface import PathType as PathType
from ._pathio._interface import defend_file_methods as defend_file_methods
from ._pathio._interface import universal_exception as universal_exception
from ._pathio._local import AsyncPathIO as AsyncPathIO
from ._pathio._local import HasExecutor as HasExecutor
from ._pathio._local import PathIO as PathIO
from ._pathio._local import _blocking_io as _blocking_io
from ._pathio._memory import MemoryPathIO as MemoryPathIO
from ._pathio._memory import Node as Node
from ._streams._stream import AsyncStreamIterator as AsyncStreamIterator

__all__ = (  # noqa: RUF022  # aioftp's order
    "AbstractPathIO",
    "PathIO",
    "AsyncPathIO",
    "MemoryPathIO",
    "PathIONursery",
)
