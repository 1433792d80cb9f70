"""What aioftp keeps in `aioftp.server`."""

from __future__ import annotations

import abc as abc
import asyncio as asyncio
import enum as enum
import errno as errno
import functools as functools
import logging as logging
import os as os
import socket as socket
import ssl as ssl
import stat as stat
import sys as sys
import time as time

from . import errors as errors
from . import pathio as pathio
from ._annotations import ConnectionConditionsParamSpec as ConnectionConditionsParamSpec
from ._annotations import ConnectionConditionsReturnType as ConnectionConditionsReturnType
from ._annotations import MLSXFacts as MLSXFacts
from ._annotations import PathConditionsParamSpec as PathConditionsParamSpec
from ._annotations import PathConditionsReturnType as PathConditionsReturnType
from ._annotations import PathPermissionsParamSpec as PathPermissionsParamSpec
from ._annotations import PathPermissionsReturnType as PathPermissionsReturnType
from ._annotations import WorkerR as WorkerR
from ._ground._codes import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from ._ground._codes import END_OF_LINE as END_OF_LINE
from ._ground._codes import HALF_OF_YEAR_IN_SECONDS as HALF_OF_YEAR_IN_SECONDS
from ._ground._codes import wrap_with_container as wrap_with_container
from ._ground._connection import Connection as Connection
from ._ground._logs import server_logger
from ._ground._tls import setlocale as setlocale
from ._server._conditions import ConnectionConditions as ConnectionConditions
from ._server._conditions import PathConditions as PathConditions
from ._server._conditions import PathPermissions as PathPermissions
from ._server._conditions import worker as worker
from ._server._listening import AsyncIOStartServerKwargs as AsyncIOStartServerKwargs
from ._server._permissions import Permission as Permission
from ._server._permissions import User as User
from ._server._server import Server as Server
from ._server._user_managers import AbstractUserManager as AbstractUserManager
from ._server._user_managers import AvailableConnections as AvailableConnections
from ._server._user_managers import MemoryUserManager as MemoryUserManager
from ._streams._stream import StreamIO as StreamIO
from ._streams._throttle import StreamThrottle as StreamThrottle
from ._streams._throttled import ThrottleStreamIO as ThrottleStreamIO

logger: logging.Logger = server_logger

__all__ = (  # noqa: RUF022  # aioftp's order
    "Permission",
    "User",
    "AbstractUserManager",
    "MemoryUserManager",
    "AvailableConnections",
    "ConnectionConditions",
    "PathConditions",
    "PathPermissions",
    "worker",
    "Server",
)
