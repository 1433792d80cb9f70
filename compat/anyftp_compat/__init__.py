"""aioftp's API over anyftp, for programs on asyncio: `import anyftp_compat as aioftp`."""

from . import client as client
from . import common as common
from . import errors as errors
from . import pathio as pathio
from . import server as server
from ._install import install_as_aioftp as install_as_aioftp
from .client import BaseClient as BaseClient
from .client import BasicListInfo as BasicListInfo
from .client import Client as Client
from .client import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
from .client import ListInfo as ListInfo
from .client import UnixListInfo as UnixListInfo
from .common import DEFAULT_ACCOUNT as DEFAULT_ACCOUNT
from .common import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from .common import DEFAULT_PASSWORD as DEFAULT_PASSWORD
from .common import DEFAULT_PORT as DEFAULT_PORT
from .common import DEFAULT_USER as DEFAULT_USER
from .common import END_OF_LINE as END_OF_LINE
from .common import AbstractAsyncLister as AbstractAsyncLister
from .common import AsyncListerMixin as AsyncListerMixin
from .common import AsyncStreamIterator as AsyncStreamIterator
from .common import Code as Code
from .common import Connection as Connection
from .common import SSLSessionBoundContext as SSLSessionBoundContext
from .common import StreamIO as StreamIO
from .common import StreamThrottle as StreamThrottle
from .common import Throttle as Throttle
from .common import ThrottleStreamIO as ThrottleStreamIO
from .common import async_enterable as async_enterable
from .common import setlocale as setlocale
from .common import with_timeout as with_timeout
from .common import wrap_into_codes as wrap_into_codes
from .common import wrap_with_container as wrap_with_container
from .errors import AIOFTPException as AIOFTPException
from .errors import NoAvailablePort as NoAvailablePort
from .errors import PathIOError as PathIOError
from .errors import PathIsNotAbsolute as PathIsNotAbsolute
from .errors import StatusCodeError as StatusCodeError
from .pathio import AbstractPathIO as AbstractPathIO
from .pathio import AsyncPathIO as AsyncPathIO
from .pathio import MemoryPathIO as MemoryPathIO
from .pathio import PathIO as PathIO
from .pathio import PathIONursery as PathIONursery
from .server import AbstractUserManager as AbstractUserManager
from .server import AvailableConnections as AvailableConnections
from .server import ConnectionConditions as ConnectionConditions
from .server import MemoryUserManager as MemoryUserManager
from .server import PathConditions as PathConditions
from .server import PathPermissions as PathPermissions
from .server import Permission as Permission
from .server import Server as Server
from .server import User as User
from .server import worker as worker

#: The release of aioftp whose surface this is.
__version__ = "0.28.3"
version: tuple[int, int, int] = (0, 28, 3)

__all__ = (  # noqa: RUF022  # aioftp's order; written out, or type checkers could not read it
    "BaseClient",
    "BasicListInfo",
    "Client",
    "DataConnectionThrottleStreamIO",
    "ListInfo",
    "UnixListInfo",
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
    "AIOFTPException",
    "StatusCodeError",
    "PathIsNotAbsolute",
    "PathIOError",
    "NoAvailablePort",
    "with_timeout",
    "StreamIO",
    "Throttle",
    "StreamThrottle",
    "ThrottleStreamIO",
    "END_OF_LINE",
    "DEFAULT_BLOCK_SIZE",
    "wrap_with_container",
    "AsyncStreamIterator",
    "AbstractAsyncLister",
    "AsyncListerMixin",
    "async_enterable",
    "DEFAULT_PORT",
    "DEFAULT_USER",
    "DEFAULT_PASSWORD",
    "DEFAULT_ACCOUNT",
    "setlocale",
    "SSLSessionBoundContext",
    "Code",
    "wrap_into_codes",
    "Connection",
    "AbstractPathIO",
    "PathIO",
    "AsyncPathIO",
    "MemoryPathIO",
    "PathIONursery",
    "version",
    "__version__",
)
