"""A camera's card: the newest video in the newest folder, as an integration looks for it."""

# mypy: ignore-errors

from __future__ import annotations

import pathlib

import aioftp


class NotReady(Exception):
    """The camera does not answer as it should."""


async def newest(host: str, port: int, password: str, path: str) -> str | None:
    """The address of the newest video."""
    ftp = aioftp.Client()
    try:
        await ftp.connect(host, port)
        await ftp.login("camera", password)
    except (aioftp.StatusCodeError, ConnectionError) as error:
        raise NotReady(type(error).__name__) from error
    try:
        await ftp.change_directory(path)
        folders = [str(found) for found, info in await ftp.list() if info["type"] == "dir"]
        if not folders:
            return None
        await ftp.change_directory(max(folders))
        videos = [
            (int(info["size"]), str(found)) for found, info in await ftp.list() if found.suffix
        ]
        where = await ftp.get_current_directory()
        return f"{where}/{max(videos, key=lambda video: video[1])[1]}" if videos else None
    except aioftp.StatusCodeError as error:
        return f"no folder: {error.received_codes[-1]}"
    finally:
        await ftp.quit()


async def main(root: pathlib.Path) -> list[object]:
    """With and without a card in the camera."""
    server = aioftp.Server([aioftp.User("camera", "secret", base_path=root)])
    await server.start("127.0.0.1", 0)
    place = server.server_host, server.server_port
    told: list[object] = [await newest(*place, "secret", "/card")]
    (root / "card").mkdir()
    told.append(await newest(*place, "secret", "/card"))
    for hour in ("2024Y05M01D10H", "2024Y05M01D11H"):
        (root / "card" / hour).mkdir()
    told.append(await newest(*place, "secret", "/card"))
    for minute in range(3):
        (root / "card" / "2024Y05M01D11H" / f"{minute:02}M00S.mp4").write_bytes(bytes(minute))
    told.append(await newest(*place, "secret", "/card"))
    for password in ("wrong", ""):
        try:
            await newest(*place, password, "/card")
        except NotReady as error:
            told.append(str(error))
    await server.close()
    try:
        await newest(*place, "secret", "/card")
    except NotReady as error:
        told.append(str(error))
    return told
