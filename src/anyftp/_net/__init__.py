"""Connecting, listening and TLS settings."""

from ._dial import Dialler as Dialler
from ._dial import connect_tcp as connect_tcp
from ._listen import Listener as Listener
from ._listen import listen_tcp as listen_tcp
from ._tls import client_context as client_context
from ._tls import server_context as server_context

__all__ = [
    "Dialler",
    "Listener",
    "client_context",
    "connect_tcp",
    "listen_tcp",
    "server_context",
]
