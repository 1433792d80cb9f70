"""TLS contexts for the tests of streams."""

from __future__ import annotations

import ssl

import pytest

from streams.stacks import TLS12, TLS13, Contexts


@pytest.fixture(params=[TLS12, TLS13], ids=["tls1.2", "tls1.3"])
def contexts(
    request: pytest.FixtureRequest, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> Contexts:
    """Both sides' settings, once for TLS 1.2 and once for TLS 1.3."""
    return Contexts(server_tls, client_tls, request.param)
