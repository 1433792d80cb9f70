"""What tests of the server's TLS share: contexts of clients, data connections over TLS."""

from __future__ import annotations

import ssl

import trustme

from anyftp._net import connect_tcp
from anyftp._streams import StreamIO, TLSStream
from server.probe import Probe


def client_context(ca: trustme.CA, certificate: trustme.LeafCert | None = None) -> ssl.SSLContext:
    """A client's settings, with a certificate of its own perhaps."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    if certificate is not None:
        certificate.configure_cert(context)
    return context


async def logged_in_by_tls(address: tuple[str, int], context: ssl.SSLContext) -> Probe:
    """A client that has logged in over TLS, with private data connections."""
    probe = await Probe.connect(address)
    await probe.reply()
    await probe.start_tls(context)
    return await probe.log_in_again()


async def secure_data(
    probe: Probe,
    context: ssl.SSLContext,
    command: str,
    *,
    resume: bool = False,
    session: ssl.SSLSession | None = None,
) -> StreamIO:
    """EPSV, connect, command, handshake; resuming the probe's own session or another one."""
    stream = StreamIO(await connect_tcp(*await probe.data_address()), timeout=Probe.PATIENCE)
    try:
        assert (await probe.ask(command))[:3] == "150"
        session = session_of(probe) if resume else session
        await stream.start_tls(context, "127.0.0.1", session=session)
    except BaseException:
        stream.close()
        raise
    return stream


def session_of(probe: Probe) -> ssl.SSLSession | None:
    """The control connection's TLS session, as of now."""
    control = probe.stream.stream
    assert isinstance(control, TLSStream)
    return control.session
