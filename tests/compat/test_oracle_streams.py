"""The same programs on aioftp's streams and throttles and on ours: same values, same errors.

A program gets the package, and both ends of a connection on loopback.
"""

# Classes of either package are Any here.
# mypy: allow-untyped-decorators, allow-subclassing-any

from __future__ import annotations

import asyncio
import pickle
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import anyftp_compat
from compat.conftest import Pair, connected_pair
from support.clocks import Backend, VirtualClockLoop, checking

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Program = Callable[[Any, Pair, Pair], Awaitable[Any]]

_PROGRAMS: dict[str, Program] = {}


def program(function: Program) -> Program:
    _PROGRAMS[function.__name__] = function
    return function


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


async def outcome(package: Any, run: Program) -> Any:
    async with connected_pair() as (near, far):
        try:
            return await run(package, near, far)
        except Exception as error:
            return type(error).__name__, getattr(error, "partial", None)


async def caught(awaitable: Awaitable[Any]) -> Any:
    """What it gives, or the name of what it raises."""
    try:
        return await awaitable
    except Exception as error:
        return type(error).__name__


@program
async def read_in_all_ways(package: Any, near: Pair, far: Pair) -> Any:
    far[1].write(b"line\nblock of bytes\nexactly" + bytes(100_000))
    far[1].close()
    stream = package.StreamIO(*near)
    found = [await stream.readline(), await stream.read(5), await stream.readline()]
    found += [await stream.readexactly(7), await stream.read(0)]
    rest = await stream.read()
    return found, rest, await stream.read(), await stream.read(10), await stream.readline()


@program
async def read_all_by_another_number(package: Any, near: Pair, far: Pair) -> Any:
    far[1].write(b"x" * 70_000)
    far[1].close()
    return await package.StreamIO(*near).read(-7)


@program
async def a_line_without_its_end(package: Any, near: Pair, far: Pair) -> Any:
    far[1].write(b"whole\npart")
    far[1].close()
    stream = package.ThrottleStreamIO(*near)
    return [line async for line in stream.iter_by_line()]


@program
async def a_line_too_long(package: Any, near: Pair, far: Pair) -> Any:
    far[1].write(b"x" * 200_000)
    far[1].close()
    return await package.StreamIO(*near).readline()


@program
async def exactly_too_much(package: Any, near: Pair, far: Pair) -> Any:
    far[1].write(b"few")
    far[1].close()
    try:
        await package.StreamIO(*near).readexactly(10)
    except asyncio.IncompleteReadError as error:
        return error.partial, error.expected, type(error)


@program
async def exactly_nothing(package: Any, near: Pair, far: Pair) -> Any:
    stream = package.StreamIO(*near)
    return await stream.readexactly(0), await caught(stream.readexactly(-1))


@program
async def a_read_that_times_out_loses_nothing(package: Any, near: Pair, far: Pair) -> Any:
    stream = package.StreamIO(*near, read_timeout=0.02)
    found = [await caught(stream.read()), await caught(stream.readline())]
    far[1].write(b"0123")
    await far[1].drain()
    found.append(await caught(stream.readexactly(8)))
    far[1].write(b"4567\n")
    found.append(await stream.readexactly(4))
    stream.read_timeout = None
    found.append(await stream.readline())
    return found


@program
async def calls_on_reader_and_stream(package: Any, near: Pair, far: Pair) -> Any:
    far[1].write(b"a\nb\ncdef")
    far[1].close()
    stream = package.ThrottleStreamIO(*near)
    first = await stream.readline(), await stream.reader.readline()
    return first, await stream.read(2), await stream.reader.read()


@program
async def time_outs_as_attributes(package: Any, near: Pair, far: Pair) -> Any:
    found = []
    for options in (
        {},
        {"timeout": 1},
        {"timeout": 1, "read_timeout": 2},
        {"timeout": 1, "write_timeout": 3.5},
        {"timeout": 1, "read_timeout": 0, "write_timeout": 0},
        {"timeout": 0},
        {"read_timeout": 0},
    ):
        stream = package.StreamIO(*near, **options)
        found.append((stream.read_timeout, stream.write_timeout))
        assert (stream.reader, stream.writer) == near
    return found


@program
async def write_and_close(package: Any, near: Pair, far: Pair) -> Any:
    stream = package.StreamIO(*near, timeout=5)
    results = [await stream.write(data) for data in (b"", b"one", bytearray(b"two"))]
    results.append(await stream.write(memoryview(b"three")))
    results.append(stream.close())
    return results, stream.writer.is_closing(), await far[0].read()


@program
async def a_write_that_nobody_takes(package: Any, near: Pair, far: Pair) -> Any:
    stream = package.StreamIO(*near, write_timeout=0.05)
    for _ in range(200):
        await stream.write(bytes(1 << 20))


@program
async def write_after_closing(package: Any, near: Pair, far: Pair) -> Any:
    stream = package.StreamIO(*near)
    stream.close()
    await stream.writer.wait_closed()
    return await caught(stream.read())


@program
async def write_something_else(package: Any, near: Pair, far: Pair) -> Any:
    return await caught(package.StreamIO(*near).write("text"))


@program
async def leave_the_block(package: Any, near: Pair, far: Pair) -> Any:
    stream = package.ThrottleStreamIO(*near)
    async with stream as entered:
        assert entered is stream
        await stream.write(b"bye")
    closed = [stream.writer.is_closing()]

    async def fail() -> None:
        async with package.ThrottleStreamIO(*far) as other:
            closed.append(await other.read())
            raise KeyError

    closed.append(await caught(fail()))
    return closed, far[1].is_closing()


@program
async def iterate_by_block(package: Any, near: Pair, far: Pair) -> Any:
    far[1].write(b"x" * 30_000)
    far[1].close()
    await asyncio.sleep(0.02)
    stream = package.ThrottleStreamIO(*near)
    iterator = stream.iter_by_block()
    first = await anext(iterator)
    return type(iterator).__name__, len(first), b"".join([b async for b in stream.iter_by_block(7)])


@program
async def iterate_by_hand(package: Any, near: Pair, far: Pair) -> Any:
    blocks = iter([b"a", b"b", b""])

    async def read() -> bytes:
        return next(blocks)

    iterator = package.AsyncStreamIterator(read)
    assert aiter(iterator) is iterator
    return [item async for item in iterator], await caught(anext(iterator))


@program
async def wrong_arguments(package: Any, near: Pair, far: Pair) -> Any:
    found = []
    makers: list[Callable[[], Any]] = [
        lambda: package.StreamIO(near[0]),
        lambda: package.StreamIO(*near, tmeout=1),
        lambda: package.Throttle(limti=1),
        lambda: package.StreamThrottle(1),
        lambda: package.DataConnectionThrottleStreamIO(*near),
    ]
    for make in makers:
        try:
            found.append(make())
        except Exception as error:
            found.append(type(error))
    return found


@program
async def throttles_by_name(package: Any, near: Pair, far: Pair) -> Any:
    throttles = {"one": package.StreamThrottle.from_limits(10)}
    stream = package.ThrottleStreamIO(*near, throttles=throttles)
    assert stream.throttles is throttles
    stream.append("read", b"", 0.0)
    found = [repr(stream.throttles), await caught(stream.wait("sideways"))]
    try:
        stream.append("sideways", b"", 0.0)
    except Exception as error:
        found.append(type(error).__name__)
    return found


@program
async def throttles_as_values(package: Any, near: Pair, far: Pair) -> Any:
    pair = package.StreamThrottle.from_limits(1, write_speed_limit=2)
    read, write = pair
    copy = pair.clone()
    assert copy.read is not read
    found = [repr(pair), repr(copy), pair._fields, type(pair).__name__, pair == copy]
    write.limit = 7
    found += [write.limit, copy.write.limit, repr(write), pair.write is write, pair[0] is read]

    class Mine(package.Throttle):
        pass

    mine = Mine(limit=3, reset_rate=5)
    found += [repr(mine), type(mine.clone()) is package.Throttle, repr(mine.clone())]
    return found, read.reset_rate, package.Throttle().limit


@program
async def a_data_stream_by_hand(package: Any, near: Pair, far: Pair) -> Any:
    told: list[object] = []

    class Client:
        async def command(self, *args: Any) -> None:
            told.append(args)

    stream = package.DataConnectionThrottleStreamIO(Client(), *near, {}, timeout=3)
    assert stream.client.__class__ is Client
    async with stream:
        await stream.write(b"data")
    told.append(await far[0].read())
    other = package.DataConnectionThrottleStreamIO(Client(), *far, {}, read_timeout=2)
    with pytest.raises(ZeroDivisionError):
        async with other:
            raise ZeroDivisionError
    again = package.DataConnectionThrottleStreamIO(Client(), *near, {"x": 1})
    await again.finish("226", wait_codes=("1xx", "33x"))
    return told, other.writer.is_closing(), stream.read_timeout, other.write_timeout


@program
async def codes(package: Any, near: Pair, far: Pair) -> Any:
    code = package.Code("226")
    masks = ("226", "2xx", "xxx", "22", "2", "", "227", "1xx", "x2x", "2266", "abc")
    found: list[Any] = [code.matches(mask) for mask in masks]
    found += [package.wrap_with_container("x"), package.wrap_with_container(["x", "y"])]
    found += [package.wrap_with_container(5), package.wrap_into_codes(("1", "2"))]
    return [*found, type(found[-1][0]).__name__, code + "0", repr(code)]


@program
async def errors(package: Any, near: Pair, far: Pair) -> Any:
    code = package.Code("550")
    found: list[Any] = []
    for arguments in (
        ("2xx", code, ["no"]),
        (("2xx", "1xx"), (code,), "text"),
        (package.Code("2xx"), (code, package.Code("421")), [" a", " b"]),
    ):
        error = package.StatusCodeError(*arguments)
        found.append((str(error), error.args, error.expected_codes, error.received_codes))
        found.append((error.info, isinstance(error, package.AIOFTPException)))
    for name in ("NoAvailablePort", "PathIsNotAbsolute", "PathIOError", "AIOFTPException"):
        kind = getattr(package, name)
        error = kind("a", 1)
        found.append((str(error), error.args, [base.__name__ for base in kind.__mro__]))
    error = package.PathIOError("x", reason=(KeyError, KeyError("y"), None))
    found.append((error.args, error.reason[0], package.PathIOError().reason))
    return found


@program
async def a_connection(package: Any, near: Pair, far: Pair) -> Any:
    connection = package.Connection(a=1, b=None)
    found: list[Any] = [connection.a, connection.b, "a" in connection, "c" in connection]
    for name in ("nothing", "c"):
        try:
            found.append(getattr(connection, name))
        except Exception as error:
            found.append((type(error).__name__, str(error)))
    future = connection.future.c
    found += [type(future).__name__, future.done()]
    try:
        found.append(connection.c)
    except Exception as error:
        found.append(type(error).__name__)
    connection.c = 3
    found += [future.result(), await connection.future.c, connection["c"].result()]
    assert type(connection.future) is package.Connection.Container
    connection.c = 4
    found += [connection.c, future.result()]
    del connection.c
    found.append("c" in connection)
    del connection.future.a
    found.append("a" in connection)
    try:
        del connection.missing
    except Exception as error:
        found.append(type(error).__name__)
    return found


@program
async def enterable(package: Any, near: Pair, far: Pair) -> Any:
    told: list[Any] = []

    class Resource:
        async def __aenter__(self) -> str:
            told.append("enter")
            return "entered"

        async def __aexit__(self, *args: Any) -> None:
            told.append(args[0])

    @package.async_enterable
    async def open_it(fail: bool = False) -> Resource:
        """Open it."""
        told.append("open")
        if fail:
            raise OSError
        return Resource()

    pending = open_it()
    told.append("made")
    async with pending as entered:
        told.append(entered)
    told.append(type(await open_it()).__name__)
    for exception, arguments in ((ValueError, ()), (OSError, (True,))):
        with pytest.raises(exception):
            async with open_it(*arguments):
                raise ValueError
    return told, open_it.__name__, open_it.__doc__


@program
async def timed(package: Any, near: Pair, far: Pair) -> Any:
    class Slow:
        timeout = 0.01
        other: float | None = None

        @package.with_timeout
        async def by_timeout(self) -> None:
            """Sleeps."""
            await asyncio.sleep(10)

        @package.with_timeout("other")
        async def by_other(self, seconds: float) -> str:
            await asyncio.sleep(seconds)
            return "done"

    slow = Slow()
    found: list[Any] = [await caught(slow.by_timeout()), await slow.by_other(0.01)]
    slow.other = 0.005
    found.append(await caught(slow.by_other(seconds=10)))
    return found, Slow.by_timeout.__name__, Slow.by_timeout.__doc__


@program
async def listers(package: Any, near: Pair, far: Pair) -> Any:
    class Numbers(package.AbstractAsyncLister):
        def __init__(self, slow: bool = False) -> None:
            super().__init__(timeout=0.01)
            self.slow = slow
            self.numbers = iter(range(3))

        @package.with_timeout
        async def __anext__(self) -> int:
            if self.slow:
                await asyncio.sleep(10)
            try:
                return next(self.numbers)
            except StopIteration:
                raise StopAsyncIteration from None

    numbers = Numbers()
    assert aiter(numbers) is numbers
    found = [await Numbers(), [n async for n in Numbers()], numbers.timeout]
    found += [await caught(Numbers(slow=True)), await numbers, await numbers]
    try:
        package.AbstractAsyncLister()
    except TypeError:
        found.append("abstract")
    return found


@pytest.mark.parametrize("name", _PROGRAMS)
async def test_same_outcome(name: str, oracle: Any) -> None:
    run = _PROGRAMS[name]
    assert await outcome(anyftp_compat, run) == await outcome(oracle, run)


@pytest.mark.parametrize("kind", ["StreamIO", "ThrottleStreamIO"])
@pytest.mark.parametrize("name", ["localhost", "elsewhere.example.org"])
async def test_tls_begins_in_place(
    kind: str, name: str, oracle: Any, client_tls: ssl.SSLContext, server_tls: ssl.SSLContext
) -> None:
    async def run(package: Any) -> Any:
        async with connected_pair() as (near, far):
            stream = getattr(package, kind)(*near, timeout=5)
            results = await asyncio.gather(
                stream.start_tls(client_tls, name),
                far[1].start_tls(server_tls),
                return_exceptions=True,
            )
            if results[0] is not None:
                return type(results[0])
            await stream.write(b"there\n")
            far[1].write(b"and back\n")
            return await far[0].readline(), await stream.readline(), stream.writer is near[1]

    assert await run(anyftp_compat) == await run(oracle)


def test_errors_can_be_sent_to_other_processes() -> None:
    error = anyftp_compat.StatusCodeError(("2xx",), anyftp_compat.Code("550"), ["no"])  # type: ignore[arg-type]
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.received_codes, copy.info) == (str(error), ("550",), ["no"])


class TestTime:
    """Transfers under limits, on a clock that jumps: as long as on aioftp, to a block."""

    @pytest.fixture
    def anyio_backend(self) -> Backend:
        return checking(VirtualClockLoop)

    @staticmethod
    async def seconds(package: Any, size: int, limits: list[int | None], read: bool) -> float:
        """How long 60 blocks take."""

        class Writer:
            def write(self, data: bytes) -> None:
                pass

            async def drain(self) -> None:
                pass

        reader = asyncio.StreamReader()
        reader.feed_data(bytes(size * 60))
        throttles = {
            str(number): package.StreamThrottle.from_limits(limit, limit)
            for number, limit in enumerate(limits)
        }
        stream = package.ThrottleStreamIO(reader, Writer(), throttles=throttles)
        begin = asyncio.get_running_loop().time()
        for _ in range(60):
            if read:
                assert len(await stream.read(size)) == size
            else:
                await stream.write(bytes(size))
        await stream.wait("read" if read else "write")
        return asyncio.get_running_loop().time() - begin

    @pytest.mark.parametrize("read", [True, False])
    @pytest.mark.parametrize(
        ("size", "limits"),
        [(100, [1000]), (1000, [1000]), (8192, [100_000]), (500, [300, 900]), (700, [None, 70])],
    )
    async def test_as_long_as_on_aioftp(
        self, size: int, limits: list[int | None], read: bool, oracle: Any
    ) -> None:
        right = 60 * size / min(limit for limit in limits if limit is not None)
        assert await self.seconds(oracle, size, limits, read) == pytest.approx(right)
        assert await self.seconds(anyftp_compat, size, limits, read) == pytest.approx(right)
