"""What aioftp keeps in `aioftp.pathio`."""

from __future__ import annotations

import asyncio as asyncio

from ._pathio_interface import AbstractPathIO as AbstractPathIO
from ._pathio_interface import AsyncPathIOContext as AsyncPathIOContext
from ._pathio_interface import PathIONursery as PathIONursery
from ._pathio_interface import PathIOType as PathIOType
from ._pathio_interface import PathType as PathType
from ._pathio_interface import defend_file_methods as defend_file_methods
from ._pathio_interface import universal_exception as universal_exception
from ._pathio_local import AsyncPathIO as AsyncPathIO
from ._pathio_local import PathIO as PathIO
from ._pathio_local import _blocking_io as _blocking_io
from ._pathio_memory import MemoryPathIO as MemoryPathIO
from ._pathio_memory import Node as Node
from .errors import PathIOError as PathIOError

__all__ = (
    "AbstractPathIO",
    "AsyncPathIO",
    "MemoryPathIO",
    "PathIO",
    "PathIONursery",
)
