"""Count the tasks that are made while some code runs, on either kind of loop."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sniffio


@contextmanager
def counted() -> Iterator[list[int]]:
    """A list whose only item grows by one for each task made inside."""
    made = [0]
    counting = on_trio if sniffio.current_async_library() == "trio" else on_asyncio
    with counting(made):
        yield made


@contextmanager
def on_asyncio(made: list[int]) -> Iterator[None]:
    """By a task factory."""
    loop = asyncio.get_running_loop()

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
        made[0] += 1
        return asyncio.Task(coroutine, loop=loop, **more)

    loop.set_task_factory(factory)
    try:
        yield
    finally:
        loop.set_task_factory(None)


@contextmanager
def on_trio(made: list[int]) -> Iterator[None]:
    """By an instrument."""
    import trio

    class Counter(trio.abc.Instrument):
        def task_spawned(self, task: trio.lowlevel.Task) -> None:
            made[0] += 1

    counter = Counter()
    trio.lowlevel.add_instrument(counter)
    try:
        yield
    finally:
        trio.lowlevel.remove_instrument(counter)
