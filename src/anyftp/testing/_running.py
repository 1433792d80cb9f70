"""How the contract checks are run, and what they have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import anyio
from anyio.abc import AsyncResource

Stream = TypeVar("Stream", bound=AsyncResource)
Stream_co = TypeVar("Stream_co", bound=AsyncResource, covariant=True)

#: Seconds that one property may take before it counts as broken.
PATIENCE_SECONDS = 15.0


class MakePair(Protocol[Stream_co]):
    """Makes two connected streams; options are those of `StreamIO`, where they apply."""

    def __call__(self, **options: Any) -> Awaitable[tuple[Stream_co, Stream_co]]:
        """A fresh pair."""


class Skipped(Exception):
    """This property cannot be tried on this kind of stream."""


@contextmanager
def raises(*kinds: type[BaseException]) -> Iterator[None]:
    """What is inside must raise one of these exceptions."""
    names = " or ".join(kind.__name__ for kind in kinds)
    try:
        yield
    except kinds:
        return
    except Exception as error:
        raise AssertionError(f"raised {error!r} instead of {names}") from error
    raise AssertionError(f"did not raise {names}")


def _first(error: Exception) -> Exception:
    """What a group of exceptions began with."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def run_check(
    check: Callable[[MakePair[Stream]], Awaitable[None]], make_pair: MakePair[Stream]
) -> None:
    """Try one property on fresh streams, which are closed whatever happens.

    Raises:
        AssertionError: the property does not hold; a note names it.
        Skipped: it cannot be tried here.

    Cancellation: safe.
    """
    made: list[AsyncResource] = []

    async def make(**options: Any) -> tuple[Stream, Stream]:
        pair = await make_pair(**options)
        made.extend(pair)
        return pair

    try:
        with anyio.fail_after(PATIENCE_SECONDS):
            await check(make)
    except AssertionError as error:
        error.add_note(f"property: {check.__name__}: {check.__doc__}")
        raise
    except TimeoutError as error:
        raise AssertionError(f"{check.__name__} hangs: {check.__doc__}") from error
    except Skipped:
        raise
    except Exception as error:
        raise AssertionError(f"{check.__name__}: {_first(error)!r}: {check.__doc__}") from error
    finally:
        for stream in made:
            await anyio.aclose_forcefully(stream)


async def run_checks(
    checks: Iterable[Callable[[MakePair[Stream]], Awaitable[None]]],
    make_pair: MakePair[Stream],
    skip: Collection[str],
) -> None:
    """Try all properties that are not to be skipped, one after the other.

    Raises:
        AssertionError: of the first property that does not hold.
    """
    for check in checks:
        if check.__name__ not in skip:
            try:
                await run_check(check, make_pair)
            except Skipped:
                continue
