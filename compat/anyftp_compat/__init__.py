"""aioftp's API over anyftp, for programs on asyncio: `import anyftp_compat as aioftp`."""

# ruff: noqa: F403, F405 -- the five modules list in `__all__` what they give

from . import client as client
from . import common as common
from . import errors as errors
from . import pathio as pathio
from . import server as server
from ._ground._codes import RELEASE
from ._install import install_as_aioftp as install_as_aioftp
from .client import *
from .common import *
from .errors import *
from .pathio import *
from .server import *

__version__ = RELEASE
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
