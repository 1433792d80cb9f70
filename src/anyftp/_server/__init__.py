"""The server: who may do what, and the sessions in which it is done.

A reader's path for one download: `_reception/_conversation` reads the command, `_verbs/_dispatch`
checks it, `_verbs/_transfers` opens the file, `_moving/_data` makes the connection, the copy loop
of `_streams` moves the bytes.
"""

from anyftp._protocol import Permission
from anyftp._server._events._event_stream import EventStream
from anyftp._server._events._events import (
    AttributesChanged,
    CommandRefused,
    Connected,
    ConnectionRefused,
    Disconnected,
    Event,
    EventsDropped,
    FileRemoved,
    FolderMade,
    FolderRemoved,
    LoggedIn,
    LoginRefused,
    Renamed,
    SessionEvent,
    SessionInfo,
    TransferEnded,
    TransferStarted,
)
from anyftp._server._events._statistics import ServerStatistics
from anyftp._server._ports._passive_host import PassiveHosts
from anyftp._server._ports._ports import DataPort
from anyftp._server._server import Server
from anyftp._server._session._live_settings import LiveSettings
from anyftp._server._session._session import Session
from anyftp._server._session._tls_policy import Strictness, TLSPolicy
from anyftp._server._session._transfer import Upload
from anyftp._server._users._bans import BanPolicy, Bans
from anyftp._server._users._passwords import hash_password, is_hash, parse_hash
from anyftp._server._users._users import User, UserManager, UserTable

__all__ = [
    "AttributesChanged",
    "BanPolicy",
    "Bans",
    "CommandRefused",
    "Connected",
    "ConnectionRefused",
    "DataPort",
    "Disconnected",
    "Event",
    "EventStream",
    "EventsDropped",
    "FileRemoved",
    "FolderMade",
    "FolderRemoved",
    "LiveSettings",
    "LoggedIn",
    "LoginRefused",
    "PassiveHosts",
    "Permission",
    "Renamed",
    "Server",
    "ServerStatistics",
    "Session",
    "SessionEvent",
    "SessionInfo",
    "Strictness",
    "TLSPolicy",
    "TransferEnded",
    "TransferStarted",
    "Upload",
    "User",
    "UserManager",
    "UserTable",
    "hash_password",
    "is_hash",
    "parse_hash",
]
