"""Subclasses that see each command and reply: a transcript, a retry, codes of one's own."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
from typing import Any

import aioftp


class Transcript(aioftp.Client):
    """Writes down what is sent, and what it is answered with."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lines: list[str] = []

    async def command(
        self,
        command: str | None = None,
        expected_codes: Any = (),
        wait_codes: Any = (),
        censor_after: int | None = None,
    ) -> Any:
        if command is not None:
            self.lines.append(f"> {command[:censor_after]}")
        return await super().command(command, expected_codes, wait_codes, censor_after)

    def check_codes(self, expected_codes: Any, received_code: aioftp.Code, info: Any) -> None:
        self.lines.append(f"< {received_code}")
        super().check_codes(expected_codes, received_code, info)


class Patient(aioftp.Client):
    """Tries a command again that the server cannot do now."""

    tries = 0

    async def command(self, command: str | None = None, *args: Any, **kwargs: Any) -> Any:
        while True:
            try:
                return await super().command(command, *args, **kwargs)
            except aioftp.StatusCodeError as error:
                if not error.received_codes[-1].matches("45x") or self.tries > 5:
                    raise
                self.tries += 1
                await asyncio.sleep(0)


class Counting(aioftp.Client):
    """Counts lines and replies."""

    nlines = nreplies = 0

    async def parse_line(self) -> tuple[aioftp.Code, str]:
        self.nlines += 1
        return await super().parse_line()

    async def parse_response(self) -> tuple[aioftp.Code, list[str]]:
        self.nreplies += 1
        return await super().parse_response()


class Busy(aioftp.Server):
    """Cannot make a folder at the first two attempts."""

    refused = 0

    async def mkd(self, connection: aioftp.Connection, rest: Any) -> bool:
        if self.refused < 2:
            self.refused += 1
            connection.response("450", "busy")
            return True
        return await super().mkd(connection, rest)


async def session(client: aioftp.Client, port: int) -> list[object]:
    """The same for each of them."""
    told: list[object] = []
    await client.connect("127.0.0.1", port)
    await client.login("ann", "secret")
    async with client.upload_stream("file") as stream:
        await stream.write(b"text\n" * 1000)
    async with client.download_stream("file", offset=4990) as stream:
        told.append(await stream.read())
    told.append(sorted(str(path) for path, _ in await client.list()))
    told.append((await client.stat("file"))["size"])
    for call in (client.remove_file("nothing"), client.change_directory("file")):
        try:
            await call
        except aioftp.StatusCodeError as error:
            told.append([str(code) for code in error.received_codes])
    await client.quit()
    return told


async def main(root: pathlib.Path) -> list[object]:
    """All of them."""
    server = Busy([aioftp.User("ann", "secret", base_path=root)])
    await server.start("127.0.0.1", 0)
    port = server.server_port
    transcript, counting, patient = Transcript(), Counting(), Patient()
    told = [await session(client, port) for client in (transcript, counting, aioftp.Client())]
    await patient.connect("127.0.0.1", port)
    await patient.login("ann", "secret")
    await patient.make_directory("folder")
    told.append([patient.tries, (root / "folder").is_dir()])
    await patient.quit()
    await server.close()
    lines = [line for line in transcript.lines if not line.startswith(("> PASS", "> TYPE"))]
    return [*told, lines.count("< 200") > 0, [line for line in lines if line[:1] == ">"]]
