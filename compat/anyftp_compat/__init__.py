"""aioftp's API over anyftp, for programs on asyncio: `import anyftp_compat as aioftp`."""

# ruff: noqa: F403 -- the modules' __all__ are the surface

from ._data_stream import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
from ._install import install_as_aioftp as install_as_aioftp
from .client import *
from .common import *
from .errors import *
from .pathio import *
from .server import *

#: The release of aioftp whose surface this is.
__version__ = "0.28.3"
version = (0, 28, 3)
