"""Names, both versions of IP, the greeting, TLS, the login."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace

import anyio
from anyio.streams.tls import TLSAttribute

from anyftp import Client, FTPError, connect_tcp
from anyftp._cli._doctor._findings import Finding
from anyftp._cli._doctor._patient import Patient, reason
from anyftp._cli._ending._status import Unreachable
from anyftp._cli._reaching._tls import client_settings

FAMILIES = {socket.AF_INET6: "IPv6", socket.AF_INET: "IPv4"}
VERSIONS = {"TLS 1.3": ssl.TLSVersion.TLSv1_3, "TLS 1.2": ssl.TLSVersion.TLSv1_2}
CONNECT_SECONDS = 10.0


async def addresses(patient: Patient) -> Sequence[Finding]:
    """Look the name up, and connect to an address of each version of IP."""
    url = patient.remote.url
    if patient.remote.proxy:
        return [Finding("name", "skipped", "the proxy looks it up")]
    found = await anyio.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    by_family: dict[str, list[str]] = {}
    for family, *_, address in found:
        by_family.setdefault(FAMILIES.get(family, "other"), []).append(str(address[0]))
    findings = []
    for name in FAMILIES.values():
        known = by_family.get(name, [])
        if not known:
            findings.append(Finding(name, "skipped", "no such address"))
            continue
        findings.append(await _reach(name, known[0], url.port))
    return findings


async def _reach(family: str, address: str, port: int) -> Finding:
    began = anyio.current_time()
    try:
        with anyio.fail_after(CONNECT_SECONDS):
            stream = await connect_tcp(address, port)
    except OSError as error:  # TimeoutError is one
        advice = "Programs that try it first wait for it; its address should not be in DNS."
        return Finding(family, "bad", f"{address}: {reason(error)}", advice)
    await stream.aclose()
    seconds = anyio.current_time() - began
    return Finding(family, "ok", f"{address} connects in {seconds * 1000:.0f} ms")


async def greeting(patient: Patient) -> Sequence[Finding]:
    """Hear who it is."""
    remote = replace(patient.remote, tls=None) if patient.remote.tls == "explicit" else None
    async with (remote or patient.remote).unlogged() as (client, lines):
        system = await client.system()
    told = " ".join(line.strip() for line in lines if line.strip())
    return [Finding("greeting", "ok", f"{told}{f' ({system})' if system else ''}")]


async def tls(patient: Patient) -> Sequence[Finding]:
    """Try each version of TLS, and whether the certificate verifies."""
    mode = patient.remote.tls or "explicit"
    offered = []
    for name, version in VERSIONS.items():
        context = client_settings(insecure=True, ca_file=None)
        context.minimum_version = context.maximum_version = version
        if await _shakes_hands(patient, mode, context) is None:
            offered.append(name)
    if not offered:
        advice = "Passwords and files go in clear text: whoever is in between reads them."
        return [Finding("TLS", "note", "none", advice)]
    context = client_settings(insecure=False, ca_file=patient.remote.ca_file)
    findings = [Finding("TLS", "ok", ", ".join(offered))]
    refusal = await _shakes_hands(patient, mode, context)
    if refusal is None:
        findings.append(Finding("certificate", "ok", "verifies"))
    else:
        advice = "--ca-file trusts its authority; --insecure would trust anybody."
        findings.append(Finding("certificate", "bad", reason(refusal), advice))
    return findings


async def _shakes_hands(patient: Patient, mode: str, context: ssl.SSLContext) -> FTPError | None:
    remote = replace(patient.remote, tls=mode)  # type: ignore[arg-type]  # one of the two
    try:
        async with remote.unlogged(context):
            return None
    except Unreachable:
        raise
    except FTPError as error:
        return error


async def login(patient: Patient) -> Sequence[Finding]:
    """Log in; see what it says it can do, and whether data connections resume TLS sessions."""
    async with patient.remote.connect() as client:
        patient.features = dict(await client.features())
        findings = [Finding("login", "ok", f"as {patient.remote.user}")]
        if patient.remote.tls is not None:
            findings.append(await _resumption(client, str(patient.remote.url.path)))
    names = ", ".join(sorted(patient.features)) or "none"
    return [*findings, Finding("features", "ok" if patient.features else "note", names)]


async def _resumption(client: Client, path: str) -> Finding:
    async with client.get_stream("LIST", path) as stream:
        session = stream.extra(TLSAttribute.ssl_object, None)
        await stream.read(-1)
    if session is None:
        return Finding("TLS of data", "note", "clear text")
    if session.session_reused:
        return Finding("TLS of data", "ok", f"{session.version()}, session resumed")
    advice = "A stranger who connects first could take the data; the server should insist on it."
    return Finding("TLS of data", "note", f"{session.version()}, session not resumed", advice)
