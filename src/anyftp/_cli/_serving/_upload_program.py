"""`--on-upload PROGRAM`: a program that looks at each upload before it counts.

It finds the file on its standard input, and in its environment `ANYFTP_PATH`, `ANYFTP_USER`,
`ANYFTP_PEER_HOST` and `ANYFTP_NBYTES`. An exit status that is not 0 rejects the upload; the first
line that it has written is what the client is told.
"""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import ByteSendStream

from anyftp import Session, Upload, UploadRejectedError

logger = logging.getLogger("anyftp.server")

_BLOCK_BYTES = 1 << 18
#: Of what the program writes, this much may be the reason.
_MAX_REASON = 200


def upload_program(command: str) -> Callable[[Session, Upload], Awaitable[None]]:
    """What `Server(on_upload=...)` calls.

    Args:
        command: a program and its first arguments, quoted as for a shell. No shell runs it.

    Raises:
        ValueError: must name a program, or a quote has no end.
    """
    words = shlex.split(command)
    if not words:
        raise ValueError("must name a program")

    async def look(session: Session, upload: Upload) -> None:
        reason = await _reason(words, session, upload)
        if reason is not None:
            raise UploadRejectedError(reason)

    return look


async def _reason(words: list[str], session: Session, upload: Upload) -> str | None:
    """Why the program rejects an upload; None if it does not. Cancellation: kills the program."""
    environment = os.environ | {
        "ANYFTP_PATH": str(upload.path),
        "ANYFTP_USER": session.info.user or "",
        "ANYFTP_PEER_HOST": session.peer_host,
        "ANYFTP_NBYTES": str(upload.nbytes),
    }
    said = b""
    try:
        async with await anyio.open_process(
            words, stderr=subprocess.STDOUT, env=environment
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_feed, upload, process.stdin)
                async for block in process.stdout:
                    said += block[: _MAX_REASON * 4 - len(said)]
            status = await process.wait()
    except OSError as error:
        logger.error("%s could not be run: %s", words[0], error)
        return "it could not be looked at"
    if status == 0:
        return None
    return said.decode("utf-8", "replace").partition("\n")[0][:_MAX_REASON] or "rejected"


async def _feed(upload: Upload, stdin: ByteSendStream) -> None:
    """Give the file to the program, as far as it reads. Cancellation: safe."""
    block = memoryview(bytearray(_BLOCK_BYTES))
    try:
        async with stdin, await upload.open() as file:
            while nbytes := await file.readinto(block):
                await stdin.send(bytes(block[:nbytes]))
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass  # it has seen enough
