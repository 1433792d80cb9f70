"""What aioftp keeps in `aioftp.common`."""

from __future__ import annotations

import abc as abc
import asyncio as asyncio
import collections as collections
import functools as functools
import locale as locale
import socket as socket
import ssl as ssl
import sys as sys
import threading as threading

from ._ground._codes import DEFAULT_ACCOUNT as DEFAULT_ACCOUNT
from ._ground._codes import DEFAULT_BLOCK_SIZE as DEFAULT_BLOCK_SIZE
from ._ground._codes import DEFAULT_PASSWORD as DEFAULT_PASSWORD
from ._ground._codes import DEFAULT_PORT as DEFAULT_PORT
from ._ground._codes import DEFAULT_USER as DEFAULT_USER
from ._ground._codes import END_OF_LINE as END_OF_LINE
from ._ground._codes import HALF_OF_YEAR_IN_SECONDS as HALF_OF_YEAR_IN_SECONDS
from ._ground._codes import TWO_YEARS_IN_SECONDS as TWO_YEARS_IN_SECONDS
from ._ground._codes import Code as Code
from ._ground._codes import NotStrType as NotStrType
from ._ground._codes import StrType as StrType
from ._ground._codes import wrap_into_codes as wrap_into_codes
from ._ground._codes import wrap_with_container as wrap_with_container
from ._ground._connection import Connection as Connection
from ._ground._listers import AbstractAsyncLister as AbstractAsyncLister
from ._ground._listers import AsyncListerMixin as AsyncListerMixin
from ._ground._listers import IterableType as IterableType
from ._ground._timeouts import AsyncContextManager as AsyncContextManager
from ._ground._timeouts import AsyncEnterableInstanceProtocol as AsyncEnterableInstanceProtocol
from ._ground._timeouts import AsyncEnterableParamSpec as AsyncEnterableParamSpec
from ._ground._timeouts import AsyncEnterableReturnType as AsyncEnterableReturnType
from ._ground._timeouts import WithTimeOutParamSpec as WithTimeOutParamSpec
from ._ground._timeouts import WithTimeOutReturnType as WithTimeOutReturnType
from ._ground._timeouts import async_enterable as async_enterable
from ._ground._timeouts import with_timeout as with_timeout
from ._ground._tls import LOCALE_LOCK as LOCALE_LOCK
from ._ground._tls import SSLSessionBoundContext as SSLSessionBoundContext
from ._ground._tls import setlocale as setlocale
from ._streams._stream import AsyncStreamIterator as AsyncStreamIterator
from ._streams._stream import StreamIO as StreamIO
from ._streams._throttle import StreamThrottle as StreamThrottle
from ._streams._throttle import Throttle as Throttle
from ._streams._throttled import ThrottleStreamIO as ThrottleStreamIO

__all__ = (  # noqa: RUF022  # aioftp's order
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
)
