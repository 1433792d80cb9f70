"""A pool of clients in a queue, checked before use; and a facade for code that does not await."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import threading

import aioftp


class Pool:
    """Lends clients; those that are gone are made anew."""

    def __init__(self, port, size):
        self.port = port
        self.made = 0
        self.free = asyncio.Queue()
        for _ in range(size):
            self.free.put_nowait(None)

    async def _fresh(self):
        client = aioftp.Client(connection_timeout=5)
        await client.connect("127.0.0.1", self.port)
        await client.login("ann", "x")
        self.made += 1
        return client

    @contextlib.asynccontextmanager
    async def client(self):
        client = await self.free.get()
        try:
            if client is not None:
                try:
                    await client.get_current_directory()
                except (ConnectionError, aioftp.StatusCodeError):
                    client.close()
                    client = None
            client = client or await self._fresh()
            yield client
        except BaseException:
            if client is not None:
                client.close()
            client = None
            raise
        finally:
            self.free.put_nowait(client)

    async def aclose(self):
        while not self.free.empty():
            client = self.free.get_nowait()
            if client is not None:
                await client.quit()


class Blocking:
    """The same for threads, by a loop of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def __call__(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


async def main(root: pathlib.Path) -> list[object]:
    """Many jobs over few connections; the server goes away in between."""
    users = [aioftp.User("ann", "x", base_path=root)]
    server = aioftp.Server(users, maximum_connections=3)
    await server.start("127.0.0.1", 0)
    port = server.server_port
    told: list[object] = []
    pool = Pool(port, 3)

    async def job(number):
        async with pool.client() as client:
            async with client.upload_stream(f"file-{number}") as stream:
                await stream.write(b"x" * number)
            return int((await client.stat(f"file-{number}"))["size"])

    told.append(await asyncio.gather(*map(job, range(20))))
    told.append(pool.made)
    try:
        async with pool.client() as client:
            await client.remove_file("none")
    except aioftp.StatusCodeError as error:
        told.append(str(error.received_codes[-1]))
    told.append(sorted(await asyncio.gather(*map(job, range(20, 26)))))
    told.append(pool.made)
    await server.close()
    server = aioftp.Server(users)
    await server.start("127.0.0.1", port)
    told.append(sorted(await asyncio.gather(*map(job, range(3)))))
    told.append(pool.made)
    await pool.aclose()

    async def listed(client):
        return await client.list()

    def blocking():
        call = Blocking()
        client = aioftp.Client()
        try:
            call(client.connect("127.0.0.1", port))
            call(client.login("ann", "x"))
            names = [str(path) for path, _ in call(listed(client))]
            call(client.download("file-5", root / "got", write_into=True))
            call(client.quit())
        finally:
            call.close()
        return [len(names), (root / "got").stat().st_size]

    told.append(await asyncio.to_thread(blocking))
    await server.close()
    return told
