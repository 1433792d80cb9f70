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
from ._annotations import AsyncIOStartServerKwargs as AsyncIOStartServerKwargs
from ._annotations import ConnectionConditionsParamSpec as ConnectionConditionsParamSpec
from ._annotations import ConnectionConditionsReturnType as ConnectionConditionsReturnType
from ._annotations import MLSXFacts as MLSXFacts
from ._annotations import PathConditionsParamSpec as PathConditionsParamSpec
from ._annotations import PathConditionsReturnType as PathConditionsReturnType
from ._annotations import PathPermissionsParamSpec as PathPermissionsParamSpec
from ._annotations import PathPermissionsReturnType as PathPermissionsReturnType
from ._annotations import WorkerR as WorkerR
from ._codes import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from ._codes import END_OF_LINE as END_OF_LINE
from ._codes import HALF_OF_YEAR_IN_SECONDS as HALF_OF_YEAR_IN_SECONDS
from ._codes import wrap_with_container as wrap_with_container
from ._conditions import ConnectionConditions as ConnectionConditions
from ._conditions import PathConditions as PathConditions
from ._conditions import PathPermissions as PathPermissions
from ._conditions import worker as worker
from ._connection import Connection as Connection
from ._logs import server_logger
from ._permissions import Permission as Permission
from ._permissions import User as User
from ._server import Server as Server
from ._streams import StreamIO as StreamIO
from ._throttle import StreamThrottle as StreamThrottle
from ._throttled import ThrottleStreamIO as ThrottleStreamIO
from ._tls import setlocale as setlocale
from ._user_managers import AbstractUserManager as AbstractUserManager
from ._user_managers import AvailableConnections as AvailableConnections
from ._user_managers import MemoryUserManager as MemoryUserManager

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
