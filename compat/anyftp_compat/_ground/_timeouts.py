"""aioftp's decorators for coroutines: a time-out by attribute, and `async with` on awaitables."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

WithTimeOutParamSpec = ParamSpec("WithTimeOutParamSpec")
WithTimeOutReturnType = TypeVar("WithTimeOutReturnType")
AsyncEnterableParamSpec = ParamSpec("AsyncEnterableParamSpec")
AsyncEnterableReturnType = TypeVar(
    "AsyncEnterableReturnType", bound="AsyncContextManager", covariant=True
)
_Entered = TypeVar("_Entered", covariant=True)

_Coroutine = Callable[WithTimeOutParamSpec, Awaitable[WithTimeOutReturnType]]


def _with_timeout(
    name: str,
) -> Callable[
    [_Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType]],
    _Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType],
]:
    def decorator(
        f: _Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType],
    ) -> _Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType]:
        @functools.wraps(f)
        async def wrapper(
            *args: WithTimeOutParamSpec.args, **kwargs: WithTimeOutParamSpec.kwargs
        ) -> WithTimeOutReturnType:
            async with asyncio.timeout(getattr(args[0], name)):
                return await f(*args, **kwargs)

        return wrapper

    return decorator


@overload
def with_timeout(
    name: str,
) -> Callable[
    [_Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType]],
    _Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType],
]: ...
@overload
def with_timeout(
    name: _Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType],
) -> _Coroutine[WithTimeOutParamSpec, WithTimeOutReturnType]: ...
def with_timeout(name: str | Callable[..., Awaitable[object]]) -> object:
    """Bound a coroutine method by the seconds in an attribute of its object.

    Args:
        name: the attribute's name; or, without brackets, the method itself, for "timeout".

    Raises:
        asyncio.TimeoutError: the method took longer; None in the attribute means any time.

    Cancellation: as the method decorated.
    """
    if isinstance(name, str):
        return _with_timeout(name)
    return _with_timeout("timeout")(name)


class AsyncContextManager(Protocol):
    """What can be entered."""

    async def __aenter__(self) -> Any: ...

    async def __aexit__(self, *args: Any, **kwargs: Any) -> object: ...


class AsyncEnterableInstanceProtocol(Protocol[_Entered]):
    """What an `async_enterable` call returns: to be awaited, or entered."""

    async def __aenter__(self) -> _Entered: ...

    async def __aexit__(self, *args: object, **kwargs: object) -> None: ...

    def __await__(self) -> Generator[object, None, _Entered]: ...


class _Enterable(Generic[AsyncEnterableReturnType]):
    """One call that has not begun yet."""

    __slots__ = ("_context", "_start")

    def __init__(self, start: Callable[[], Awaitable[AsyncEnterableReturnType]]) -> None:
        self._start = start
        self._context: AsyncEnterableReturnType | None = None

    async def __aenter__(self) -> AsyncEnterableReturnType:
        self._context = await self._start()
        entered: AsyncEnterableReturnType = await self._context.__aenter__()
        return entered

    async def __aexit__(self, *args: object, **kwargs: object) -> None:
        if self._context is not None:
            await self._context.__aexit__(*args, **kwargs)

    def __await__(self) -> Generator[object, None, AsyncEnterableReturnType]:
        return self._start().__await__()


def async_enterable(
    f: Callable[AsyncEnterableParamSpec, Awaitable[AsyncEnterableReturnType]],
) -> Callable[AsyncEnterableParamSpec, AsyncEnterableInstanceProtocol[AsyncEnterableReturnType]]:
    """Let the result of a coroutine function be entered without awaiting it first.

    `async with f(…) as entered` is `async with await f(…) as entered`; `await f(…)` stays.
    """

    @functools.wraps(f)
    def wrapper(
        *args: AsyncEnterableParamSpec.args, **kwargs: AsyncEnterableParamSpec.kwargs
    ) -> AsyncEnterableInstanceProtocol[AsyncEnterableReturnType]:
        return _Enterable(lambda: f(*args, **kwargs))

    return wrapper
