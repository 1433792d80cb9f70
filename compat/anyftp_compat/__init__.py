"""aioftp's API over anyftp, for programs on asyncio: `import anyftp_compat as aioftp`.

What nobody asks for is not imported (PEP 562): a program that is a client loads no server.
"""

# ruff: noqa: F403 -- the five modules list in `__all__` what they give

from importlib import import_module
from typing import TYPE_CHECKING

from ._ground._codes import RELEASE
from ._install import install_as_aioftp as install_as_aioftp

if TYPE_CHECKING:
    from . import client as client
    from . import common as common
    from . import errors as errors
    from . import pathio as pathio
    from . import server as server
    from .client import *
    from .common import *
    from .errors import *
    from .pathio import *
    from .server import *

__version__ = RELEASE
version: tuple[int, int, int] = (0, 28, 3)

_HOMES = {
    "client": """BaseClient BasicListInfo Client DataConnectionThrottleStreamIO ListInfo
        UnixListInfo""",
    "server": """Permission User AbstractUserManager MemoryUserManager AvailableConnections
        ConnectionConditions PathConditions PathPermissions worker Server""",
    "errors": "AIOFTPException StatusCodeError PathIsNotAbsolute PathIOError NoAvailablePort",
    "common": """with_timeout StreamIO Throttle StreamThrottle ThrottleStreamIO END_OF_LINE
        DEFAULT_BLOCK_SIZE wrap_with_container AsyncStreamIterator AbstractAsyncLister
        AsyncListerMixin async_enterable DEFAULT_PORT DEFAULT_USER DEFAULT_PASSWORD DEFAULT_ACCOUNT
        setlocale SSLSessionBoundContext Code wrap_into_codes Connection""",
    "pathio": "AbstractPathIO PathIO AsyncPathIO MemoryPathIO PathIONursery",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = (*_HOME_OF, "version", "__version__")  # in aioftp's order


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_HOME_OF})
