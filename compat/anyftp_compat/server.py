"""What aioftp keeps in `aioftp.server`."""

from __future__ import annotations

import asyncio as asyncio
import logging

from ._conditions import ConnectionConditions as ConnectionConditions
from ._conditions import PathConditions as PathConditions
from ._conditions import PathPermissions as PathPermissions
from ._conditions import worker as worker
from ._connection import Connection as Connection
from ._permissions import Permission as Permission
from ._permissions import User as User
from ._server import Server as Server
from ._user_managers import AbstractUserManager as AbstractUserManager
from ._user_managers import AvailableConnections as AvailableConnections
from ._user_managers import MemoryUserManager as MemoryUserManager

logger = logging.getLogger(__name__)

__all__ = (
    "AbstractUserManager",
    "AvailableConnections",
    "ConnectionConditions",
    "MemoryUserManager",
    "PathConditions",
    "PathPermissions",
    "Permission",
    "Server",
    "User",
    "worker",
)
