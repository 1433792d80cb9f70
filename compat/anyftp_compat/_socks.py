"""SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): a dialler for the core, from aioftp's keywords."""

from __future__ import annotations

import ipaddress
from typing import Any

import anyftp

_KEYWORDS = {"socks_host", "socks_port", "socks_version", "username", "password"}


def dialler(options: dict[str, Any]) -> anyftp.Dialler | None:
    """What connects through the proxy that the keywords name; None where they name none.

    Raises:
        TypeError: an unknown keyword.
        ValueError: an unknown version.
    """
    unknown = options.keys() - _KEYWORDS
    if unknown:
        raise TypeError(f"unexpected keyword arguments: {', '.join(sorted(unknown))}")
    if options.get("socks_host") is None:
        return None
    version = options.get("socks_version") or 5
    if version not in (4, 5):
        raise ValueError(f"no such version of SOCKS: {version!r}")

    async def dial(host: str, port: int) -> anyftp.SocketStream:
        stream = await anyftp.connect_tcp(options["socks_host"], options.get("socks_port") or 1080)
        channel = anyftp.StreamIO(stream)
        user, password = options.get("username") or "", options.get("password") or ""
        try:
            if version == 4:
                await _ask_4(channel, host, port, user)
            else:
                await _ask_5(channel, host, port, user, password)
        except (EOFError, ConnectionError) as error:
            stream.close()
            raise ConnectionRefusedError(f"SOCKS proxy: {error}") from error
        except BaseException:
            stream.close()
            raise
        return stream

    return dial


async def _ask_5(channel: anyftp.StreamIO, host: str, port: int, user: str, password: str) -> None:
    method = 2 if user else 0
    await channel.write(bytes([5, 1, method]))
    if await channel.readexactly(2) != bytes([5, method]):
        raise ConnectionRefusedError("no way to log in that both sides know")
    if user:
        await channel.write(b"\x01" + _counted(user) + _counted(password))
        if (await channel.readexactly(2))[1] != 0:
            raise ConnectionRefusedError("user or password refused")
    await channel.write(b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"))
    _, answer, _, kind = await channel.readexactly(4)
    if answer != 0:
        raise ConnectionRefusedError(f"answer {answer} to a connection to {host} port {port}")
    length = {1: 4, 4: 16}.get(kind) or (await channel.readexactly(1))[0]
    await channel.readexactly(length + 2)


async def _ask_4(channel: anyftp.StreamIO, host: str, port: int, user: str) -> None:
    try:
        address, name = ipaddress.IPv4Address(host).packed, b""
    except ValueError:  # 4a: an impossible address, and the name at the end
        address, name = b"\x00\x00\x00\x01", host.encode("idna") + b"\x00"
    request = b"\x04\x01" + port.to_bytes(2, "big") + address + user.encode() + b"\x00" + name
    await channel.write(request)
    answer = (await channel.readexactly(8))[1]
    if answer != 90:
        raise ConnectionRefusedError(f"answer {answer} to a connection to {host} port {port}")


def _address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return b"\x03" + _counted(host.encode("idna").decode())
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed


def _counted(text: str) -> bytes:
    data = text.encode()
    if len(data) > 255:
        raise ValueError("SOCKS takes no more than 255 bytes of text")
    return bytes([len(data)]) + data
