"""What aioftp keeps in `aioftp.common`."""

from __future__ import annotations

import asyncio as asyncio

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
from ._connection import Connection as Connection
from ._listers import AbstractAsyncLister as AbstractAsyncLister
from ._listers import AsyncListerMixin as AsyncListerMixin
from ._streams import AsyncStreamIterator as AsyncStreamIterator
from ._streams import StreamIO as StreamIO
from ._throttle import StreamThrottle as StreamThrottle
from ._throttle import Throttle as Throttle
from ._throttled import ThrottleStreamIO as ThrottleStreamIO
from ._timeouts import AsyncEnterableInstanceProtocol as AsyncEnterableInstanceProtocol
from ._timeouts import async_enterable as async_enterable
from ._timeouts import with_timeout as with_timeout
from ._tls import LOCALE_LOCK as LOCALE_LOCK
from ._tls import SSLSessionBoundContext as SSLSessionBoundContext
from ._tls import setlocale as setlocale

__all__ = (
    "DEFAULT_ACCOUNT",
    "DEFAULT_BLOCK_SIZE",
    "DEFAULT_PASSWORD",
    "DEFAULT_PORT",
    "DEFAULT_USER",
    "END_OF_LINE",
    "AbstractAsyncLister",
    "AsyncListerMixin",
    "AsyncStreamIterator",
    "Code",
    "Connection",
    "SSLSessionBoundContext",
    "StreamIO",
    "StreamThrottle",
    "Throttle",
    "ThrottleStreamIO",
    "async_enterable",
    "setlocale",
    "with_timeout",
    "wrap_into_codes",
    "wrap_with_container",
)
