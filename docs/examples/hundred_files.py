"""A hundred files over ten connections with one budget for all of them, on trio."""

from functools import partial

import trio

from anyftp import Client, StreamThrottle

HOST, FILES, CONNECTIONS = "ftp.example.org", 100, 10
BUDGET = StreamThrottle.from_limits(read_speed_limit=5_000_000)  # bytes per second, together


async def fetch(names: trio.MemoryReceiveChannel[str], sizes: list[int]) -> None:
    async with Client.context(HOST, 21, throttle=BUDGET) as client:
        async for name in names:
            async with client.download_stream(name) as stream:
                sizes.append(len(await stream.read(-1)))


async def main() -> None:
    send, receive = trio.open_memory_channel[str](0)
    sizes: list[int] = []
    async with trio.open_nursery() as nursery, send:
        for _ in range(CONNECTIONS):
            nursery.start_soon(partial(fetch, receive.clone(), sizes))
        receive.close()
        for _ in range(FILES):
            await send.send("/pub/report.txt")
    assert len(sizes) == FILES
    print(f"{len(sizes)} files, {sum(sizes)} bytes")


if __name__ == "__main__":
    trio.run(main)
