"""Connecting, listening and TLS settings."""

from anyftp._net._dial import Dialler as Dialler
from anyftp._net._dial import connect_tcp as connect_tcp
from anyftp._net._listen import Listener as Listener
from anyftp._net._listen import listen_tcp as listen_tcp
from anyftp._net._tls import client_context as client_context
from anyftp._net._tls import server_context as server_context

__all__ = [
    "Dialler",
    "Listener",
    "client_context",
    "connect_tcp",
    "listen_tcp",
    "server_context",
]
