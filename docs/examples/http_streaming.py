"""An HTTP front of an FTP server: files stream through, none is kept in memory or on a disk.

GET sends a file, or with `Range: bytes=N-` its rest; PUT stores one, whole or not at all. Served by
any ASGI server: `hypercorn http_streaming:app`.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from anyftp import ClientPool, PermanentReplyError

HOST, USER, PASSWORD = "ftp.example.org", "alice", "wonder"


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, ClientPool]]:
    async with ClientPool.context(HOST, 21, USER, PASSWORD, size=4) as pool:
        yield {"pool": pool}


async def get(request: Request) -> StreamingResponse:
    pool: ClientPool = request.state.pool
    path = "/" + request.path_params["path"]
    wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    offset = int(wanted[1]) if wanted else 0
    try:
        async with pool.client() as client:
            size = await client.size(path)
    except PermanentReplyError as error:  # later there would be no time to say so
        raise HTTPException(404) from error
    if offset > size:
        raise HTTPException(416)

    async def blocks() -> AsyncIterator[bytes]:
        async with (
            pool.client() as client,
            client.download_stream(path, offset=offset) as stream,
        ):
            async for block in stream.iter_by_block(1 << 16):
                yield bytes(block)

    headers = {"Content-Length": str(size - offset), "Accept-Ranges": "bytes"}
    if wanted:
        headers["Content-Range"] = f"bytes {offset}-{size - 1}/{size}"
    return StreamingResponse(blocks(), 206 if wanted else 200, headers)


async def put(request: Request) -> Response:
    path = "/" + request.path_params["path"]
    part = f"{path}.part"
    async with request.state.pool.client() as client:
        async with client.upload_stream(part) as stream:
            async for block in request.stream():  # a browser that goes away ends it here
                await stream.write(block)
        await client.rename(part, path)
    return Response(status_code=201)


app = Starlette(
    routes=[Route("/{path:path}", get), Route("/{path:path}", put, methods=["PUT"])],
    lifespan=lifespan,
)


if __name__ == "__main__":
    from starlette.testclient import TestClient

    with TestClient(app) as http:
        assert http.put("/incoming/new.txt", content=b"abc" * 100_000).status_code == 201
        assert http.get("/incoming/new.txt").content == b"abc" * 100_000
        rest = http.get("/incoming/new.txt", headers={"Range": "bytes=299997-"})
        assert (rest.status_code, rest.content) == (206, b"abc")
        assert http.get("/nothing.txt").status_code == 404
        print("through and back")
