"""What aioftp keeps in `aioftp.client`."""

from __future__ import annotations

import asyncio as asyncio
import calendar as calendar
import collections as collections
import contextlib as contextlib
import logging as logging
import re as re
import ssl as ssl
import sys as sys
from asyncio import open_connection as open_connection
from datetime import datetime as datetime

from . import errors as errors
from . import pathio as pathio
from ._annotations import PathLike as PathLike
from ._annotations import PathWithBasicInfo as PathWithBasicInfo
from ._client._base_client import BaseClient as BaseClient
from ._client._client import Client as Client
from ._client._connecting import BaseClientArgs as BaseClientArgs
from ._client._data_connections import ConnType as ConnType
from ._client._data_streams import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
from ._client._entries import BasicListInfo as BasicListInfo
from ._client._entries import ListInfo as ListInfo
from ._client._entries import PathWithInfo as PathWithInfo
from ._client._entries import UnixListInfo as UnixListInfo
from ._client._parsers import ParseListLineCallable as ParseListLineCallable
from ._client._parsers import ParseListLineCustomCallable as ParseListLineCustomCallable
from ._ground._codes import DEFAULT_ACCOUNT as DEFAULT_ACCOUNT
from ._ground._codes import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from ._ground._codes import DEFAULT_PASSWORD as DEFAULT_PASSWORD
from ._ground._codes import DEFAULT_PORT as DEFAULT_PORT
from ._ground._codes import DEFAULT_USER as DEFAULT_USER
from ._ground._codes import END_OF_LINE as END_OF_LINE
from ._ground._codes import HALF_OF_YEAR_IN_SECONDS as HALF_OF_YEAR_IN_SECONDS
from ._ground._codes import TWO_YEARS_IN_SECONDS as TWO_YEARS_IN_SECONDS
from ._ground._codes import Code as Code
from ._ground._codes import wrap_into_codes as wrap_into_codes
from ._ground._codes import wrap_with_container as wrap_with_container
from ._ground._listers import AbstractAsyncLister as AbstractAsyncLister
from ._ground._logs import client_logger
from ._ground._timeouts import AsyncEnterableInstanceProtocol as AsyncEnterableInstanceProtocol
from ._ground._timeouts import async_enterable as async_enterable
from ._ground._tls import SSLSessionBoundContext as SSLSessionBoundContext
from ._ground._tls import setlocale as setlocale
from ._streams._throttle import StreamThrottle as StreamThrottle
from ._streams._throttled import ThrottleStreamIO as ThrottleStreamIO

logger: logging.Logger = client_logger

__all__ = (  # aioftp's order
    "BaseClient",
    "BasicListInfo",
    "Client",
    "DataConnectionThrottleStreamIO",
    "ListInfo",
    "UnixListInfo",
)
