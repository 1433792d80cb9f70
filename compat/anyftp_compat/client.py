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
from ._annotations import BaseClientArgs as BaseClientArgs
from ._annotations import PathLike as PathLike
from ._annotations import PathWithBasicInfo as PathWithBasicInfo
from ._base_client import BaseClient as BaseClient
from ._client import Client as Client
from ._codes import DEFAULT_ACCOUNT as DEFAULT_ACCOUNT
from ._codes import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from ._codes import DEFAULT_PASSWORD as DEFAULT_PASSWORD
from ._codes import DEFAULT_PORT as DEFAULT_PORT
from ._codes import DEFAULT_USER as DEFAULT_USER
from ._codes import END_OF_LINE as END_OF_LINE
from ._codes import HALF_OF_YEAR_IN_SECONDS as HALF_OF_YEAR_IN_SECONDS
from ._codes import TWO_YEARS_IN_SECONDS as TWO_YEARS_IN_SECONDS
from ._codes import Code as Code
from ._codes import wrap_into_codes as wrap_into_codes
from ._codes import wrap_with_container as wrap_with_container
from ._data_connections import ConnType as ConnType
from ._data_stream import DataConnectionThrottleStreamIO as DataConnectionThrottleStreamIO
from ._entries import BasicListInfo as BasicListInfo
from ._entries import ListInfo as ListInfo
from ._entries import PathWithInfo as PathWithInfo
from ._entries import UnixListInfo as UnixListInfo
from ._listers import AbstractAsyncLister as AbstractAsyncLister
from ._logs import client_logger
from ._parsers import ParseListLineCallable as ParseListLineCallable
from ._parsers import ParseListLineCustomCallable as ParseListLineCustomCallable
from ._throttle import StreamThrottle as StreamThrottle
from ._throttled import ThrottleStreamIO as ThrottleStreamIO
from ._timeouts import AsyncEnterableInstanceProtocol as AsyncEnterableInstanceProtocol
from ._timeouts import async_enterable as async_enterable
from ._tls import SSLSessionBoundContext as SSLSessionBoundContext
from ._tls import setlocale as setlocale

logger: logging.Logger = client_logger

__all__ = (  # aioftp's order
    "BaseClient",
    "BasicListInfo",
    "Client",
    "DataConnectionThrottleStreamIO",
    "ListInfo",
    "UnixListInfo",
)
