"""What aioftp keeps in `aioftp.client`."""

from __future__ import annotations

import asyncio as asyncio
import ssl as ssl

from ._base_client import BaseClient as BaseClient
from ._base_client import logger as logger
from ._client import Client as Client
from ._client import ConnType as ConnType
from ._codes import DEFAULT_ACCOUNT as DEFAULT_ACCOUNT
from ._codes import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from ._codes import DEFAULT_PASSWORD as DEFAULT_PASSWORD
from ._codes import DEFAULT_PORT as DEFAULT_PORT
from ._codes import DEFAULT_USER as DEFAULT_USER
from ._codes import END_OF_LINE as END_OF_LINE
from ._codes import Code as Code
from ._data_stream import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
from ._entries import BasicListInfo as BasicListInfo
from ._entries import ListInfo as ListInfo
from ._entries import PathWithInfo as PathWithInfo
from ._entries import UnixListInfo as UnixListInfo
from ._parsers import ParseListLineCallable as ParseListLineCallable
from ._parsers import ParseListLineCustomCallable as ParseListLineCustomCallable
from ._throttle import StreamThrottle as StreamThrottle
from ._throttled import ThrottleStreamIO as ThrottleStreamIO

__all__ = (
    "BaseClient",
    "BasicListInfo",
    "Client",
    "DataConnectionThrottleStreamIO",
    "ListInfo",
    "UnixListInfo",
)
