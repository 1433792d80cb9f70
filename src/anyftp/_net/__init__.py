"""Connecting, listening and TLS settings."""

from typing import TYPE_CHECKING

from anyftp._lazy import lazily

if TYPE_CHECKING:
    from anyftp._net._client_hello import ClientHello as ClientHello
    from anyftp._net._client_hello import parse_client_hello as parse_client_hello
    from anyftp._net._dial import Dialler as Dialler
    from anyftp._net._dial import connect_tcp as connect_tcp
    from anyftp._net._dial import connect_within as connect_within
    from anyftp._net._listen import Listener as Listener
    from anyftp._net._listen import listen_on as listen_on
    from anyftp._net._listen import listen_tcp as listen_tcp
    from anyftp._net._network import TCP as TCP
    from anyftp._net._network import Network as Network
    from anyftp._net._network import PortListener as PortListener
    from anyftp._net._peer_certificate import PeerCertificate as PeerCertificate
    from anyftp._net._proxy import ProxyDialler as ProxyDialler
    from anyftp._net._proxy import proxy_dialler as proxy_dialler
    from anyftp._net._tls import FTP_PROTOCOLS as FTP_PROTOCOLS
    from anyftp._net._tls import ServerCertificate as ServerCertificate
    from anyftp._net._tls import client_context as client_context
    from anyftp._net._tls import default_client_context as default_client_context
    from anyftp._net._tls import harden as harden
    from anyftp._net._tls import server_context as server_context

#: Which module has which name; each is imported when somebody asks for it.
_HOMES = {
    "anyftp._net._client_hello": ("ClientHello", "parse_client_hello"),
    "anyftp._net._dial": ("Dialler", "connect_tcp", "connect_within"),
    "anyftp._net._listen": ("Listener", "listen_on", "listen_tcp"),
    "anyftp._net._network": ("TCP", "Network", "PortListener"),
    "anyftp._net._peer_certificate": ("PeerCertificate",),
    "anyftp._net._proxy": ("ProxyDialler", "proxy_dialler"),
    "anyftp._net._tls": (
        "FTP_PROTOCOLS",
        "ServerCertificate",
        "client_context",
        "default_client_context",
        "harden",
        "server_context",
    ),
}

__all__ = [
    "FTP_PROTOCOLS",
    "TCP",
    "ClientHello",
    "Dialler",
    "Listener",
    "Network",
    "PeerCertificate",
    "PortListener",
    "ProxyDialler",
    "ServerCertificate",
    "client_context",
    "connect_tcp",
    "connect_within",
    "default_client_context",
    "harden",
    "listen_on",
    "listen_tcp",
    "parse_client_hello",
    "proxy_dialler",
    "server_context",
]

if not TYPE_CHECKING:  # else any name would do
    __getattr__, __dir__ = lazily(__name__, _HOMES)
