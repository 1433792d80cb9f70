"""aioftp's API over anyftp, for programs on asyncio: `import anyftp_compat as aioftp`."""

from .client import *
from .common import *
from .errors import *
from .pathio import *
