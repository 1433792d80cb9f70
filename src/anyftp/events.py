"""What happens on a server: what `Server.events` gives.

Every event has `at`; those of a session have `session` with its number, the client's address and
the user.
"""

from anyftp._server import AttributesChanged as AttributesChanged
from anyftp._server import CommandRefused as CommandRefused
from anyftp._server import Connected as Connected
from anyftp._server import ConnectionRefused as ConnectionRefused
from anyftp._server import Disconnected as Disconnected
from anyftp._server import Event as Event
from anyftp._server import EventsDropped as EventsDropped
from anyftp._server import EventStream as EventStream
from anyftp._server import FileRemoved as FileRemoved
from anyftp._server import FolderMade as FolderMade
from anyftp._server import FolderRemoved as FolderRemoved
from anyftp._server import LoggedIn as LoggedIn
from anyftp._server import LoginRefused as LoginRefused
from anyftp._server import Renamed as Renamed
from anyftp._server import SessionEvent as SessionEvent
from anyftp._server import SessionInfo as SessionInfo
from anyftp._server import TransferEnded as TransferEnded
from anyftp._server import TransferStarted as TransferStarted
