"""Data connections each way, listings, names, clocks, and going on in the middle of a file."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

import anyio
from anyio.abc import SocketAttribute

from anyftp import Client, ClientOptions, FTPError, ReplyError, parse_pasv
from anyftp._cli._doctor._findings import Finding
from anyftp._cli._doctor._patient import Patient, reason

#: What is written where that is allowed, and removed.
TEST_DATA = bytes(range(256)) * 4096
CLOCK_SECONDS, CLEANUP_SECONDS = 5.0, 10.0
#: Zones differ by multiples of it.
QUARTER_HOUR = 900.0
#: This much is looked at to find a file that can be read.
MOST_FOLDERS = 20


async def data_connections(patient: Patient) -> Sequence[Finding]:
    """List the folder through each kind of data connection."""
    ways: dict[str, ClientOptions] = {
        "EPSV": {"passive_commands": ("EPSV",)},
        "PASV": {"passive_commands": ("PASV",)},
        "active": {"active": True, "timeout": min(patient.remote.timeout, 10.0)},
    }
    findings = []
    for name, options in ways.items():
        if name == "active" and patient.remote.proxy:
            findings.append(Finding(name, "skipped", "not through a proxy"))
            continue
        findings.append(await _through(patient, name, options))
    if not any(one.state == "ok" for one in findings[:2]):
        findings.append(
            Finding("data", "bad", "no passive mode works", "Is its range of ports open? --active?")
        )
    return findings


async def _through(patient: Patient, name: str, options: ClientOptions) -> Finding:
    try:
        async with patient.remote.connect(**options) as client:
            mangled = await _mangled(client, patient) if name == "PASV" else ""
            await client.list(patient.remote.url.path)
    except (FTPError, OSError) as error:
        advice = "Firewalls on our side forbid it, usually." if name == "active" else ""
        return Finding(name, "note", reason(error), advice)
    if mangled:
        advice = (
            "Clients that believe it connect to nowhere; this one does not. See --passive-host."
        )
        return Finding(name, "note", mangled, advice)
    return Finding(name, "ok", "works")


async def _mangled(client: Client, patient: Patient) -> str:
    """Whether PASV names another address than the one that we have connected to."""
    try:
        reply = await client.command("PASV", expected_codes="227")
    except ReplyError:
        return ""
    match = parse_pasv(" ".join(reply.lines))
    peer = client.control_stream.extra(SocketAttribute.remote_address, None)
    told = str(match[0])
    if patient.remote.proxy or peer is None or told == peer[0]:
        return ""
    kind = " (private)" if ipaddress.ip_address(told).is_private else ""
    return f"names {told}{kind}, where {peer[0]} answers"


async def listings(patient: Patient) -> Sequence[Finding]:
    """List by MLSD or LIST; look for a file to read, and for names that are no text."""
    path = patient.remote.url.path
    async with patient.remote.connect() as client:
        findings = [await _mlsd(client, path)]
        odd = 0
        seen = 0
        async for folder, _, files in client.walk(path, on_error=lambda where, error: None):
            for entry in files:
                odd += any("\udc80" <= sign <= "\udcff" for sign in entry.name)
                if entry.is_file and (entry.size or 0) > patient.sample_size:
                    patient.sample, patient.sample_size = folder / entry.name, entry.size or 0
            seen += 1
            if seen == MOST_FOLDERS:
                break
        findings.append(_names(patient, odd))
    return findings


async def _mlsd(client: Client, path: str) -> Finding:
    try:
        await client.list(path, raw_command="MLSD")
        return Finding("listing", "ok", "MLSD: exact sizes and times")
    except ReplyError as error:
        await client.list(path, raw_command="LIST")
        advice = "Times are rough, and in the server's zone; mirrors compare what they can."
        return Finding("listing", "note", f"LIST only ({reason(error)})", advice)


def _names(patient: Patient, odd: int) -> Finding:
    if odd:
        return Finding("names", "note", f"{odd} names are not UTF-8", "They are kept as they are.")
    if "UTF8" in patient.features:
        return Finding("names", "ok", "UTF-8")
    return Finding("names", "note", "it does not say that it is UTF-8")


async def resuming(patient: Patient) -> Sequence[Finding]:
    """Begin in the middle of a file; where we may write, go on with one, and see its time."""
    findings = []
    if patient.sample is None or patient.sample_size < 2:
        findings.append(Finding("resume down", "skipped", "no file was found to read"))
    else:
        findings.append(await _reading(patient, patient.sample))
    if not patient.writes:
        findings.append(Finding("resume up", "skipped", "--write tries it, with a file of 1 MiB"))
        findings.append(Finding("clock", "skipped", "--write compares it"))
        return findings
    return [*findings, *await _writing(patient)]


async def _reading(patient: Patient, path: PurePosixPath) -> Finding:
    """Read the same bytes from two places on: that they agree shows that REST is heeded."""
    count = min(4096, patient.sample_size // 2)
    middle = patient.sample_size // 2
    async with patient.remote.connect() as client:
        try:
            late = await _bytes_at(client, path, middle, count)
            early = await _bytes_at(client, path, middle - count, 2 * count)
        except ReplyError as error:
            return Finding("resume down", "note", reason(error), "Whatever is cut begins anew.")
    if early[count:] == late:
        return Finding("resume down", "ok", "REST works")
    return Finding("resume down", "bad", "REST is ignored", "Whatever is cut begins anew.")


async def _bytes_at(client: Client, path: PurePosixPath, offset: int, count: int) -> bytes:
    async with client.download_stream(path, offset=offset) as stream:
        found = bytearray()
        while len(found) < count and (block := await stream.read(count - len(found))):
            found += block
    return bytes(found)


async def _writing(patient: Patient) -> list[Finding]:
    name = f".anyftp-doctor-{secrets.token_hex(4)}"
    path = PurePosixPath(patient.remote.url.path) / name
    half = len(TEST_DATA) // 2
    async with patient.remote.connect() as client:
        try:
            async with client.upload_stream(path) as stream:
                await stream.write(TEST_DATA[:half])
        except ReplyError as error:
            return [Finding("writing", "note", f"not allowed here: {reason(error)}")]
        try:
            return [await _goes_on(client, path, half), await _clock(client, path)]
        finally:
            with anyio.move_on_after(CLEANUP_SECONDS, shield=True):
                await client.remove_file(path)


async def _goes_on(client: Client, path: PurePosixPath, half: int) -> Finding:
    try:
        async with client.upload_stream(path, offset=half) as stream:
            await stream.write(TEST_DATA[half:])
        async with client.download_stream(path) as stream:
            is_whole = await stream.read(-1) == TEST_DATA
    except ReplyError as error:
        return Finding("resume up", "note", reason(error), "Whatever is cut begins anew.")
    if is_whole:
        return Finding("resume up", "ok", "STOR after REST works")
    return Finding(
        "resume up", "bad", "the file is another one afterwards", "Never use -c with it."
    )


async def _clock(client: Client, path: PurePosixPath) -> Finding:
    try:
        ahead = (await client.modified(path) - datetime.now(UTC)).total_seconds()
    except FTPError as error:
        return Finding("clock", "note", f"it tells no times: {reason(error)}")
    if abs(ahead) <= CLOCK_SECONDS:
        return Finding("clock", "ok", "as ours")
    told = f"{abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}"
    from_quarter = abs(ahead) % QUARTER_HOUR
    is_zone = abs(ahead) > QUARTER_HOUR and min(from_quarter, QUARTER_HOUR - from_quarter) < 60
    advice = "It tells local time for UTC." if is_zone else "Mirrors compare times: set it right."
    return Finding("clock", "bad", told, advice)
