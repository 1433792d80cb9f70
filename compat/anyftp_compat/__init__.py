"""aioftp's API over anyftp, for programs on asyncio: `import anyftp_compat as aioftp`."""

from ._data_stream import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
from .common import *
from .errors import *
