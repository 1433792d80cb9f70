"""What all sessions of a server have in common."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio

from anyftp._counts import Counts
from anyftp._net import TCP, Network
from anyftp._server._events._event_stream import EventHub
from anyftp._server._events._events import Event
from anyftp._server._events._log import log_event
from anyftp._server._events._statistics import Counters
from anyftp._server._ports._passive import RecentPorts
from anyftp._server._session._options import Options
from anyftp._server._users._bans import Bans
from anyftp._server._users._limits import Failures, UserCount
from anyftp._server._users._users import UserManager
from anyftp._throttle import StreamThrottle

#: With the functions of the user's own, which are called with a session: see `ServerOptions`.
_Settings = TypeVar("_Settings", bound=Options)

#: Together they take a millisecond or two; one alone would double what each costs.
_SENDERS = 4


@dataclass(slots=True, eq=False)
class Shared(Generic[_Settings]):
    """What all sessions of a server have in common.

    Attributes:
        throttle: of all data connections together.
        throttle_per_connection: each session gets a clone of it.
        counts: what is counted together with other servers.
        processors: of those who compute in worker threads; as many at once as there are.
        turn: of those whose commands come one upon the other: one of them obeys a few in each turn
            of the event loop, which then comes to all others soon, however many they are.
        senders: places, in each turn of the event loop, for those who send at once more than a
            little.
    """

    options: _Settings
    users: UserManager
    user_count: UserCount
    failures: Failures
    throttle: StreamThrottle
    throttle_per_connection: StreamThrottle
    network: Network = field(default_factory=TCP)
    hub: EventHub = field(default_factory=EventHub)
    counters: Counters = field(default_factory=Counters)
    recent_ports: RecentPorts = field(default_factory=RecentPorts)
    bans: Bans = field(default_factory=Bans)
    counts: Counts | None = None
    processors: anyio.CapacityLimiter = field(init=False)
    turn: anyio.Lock = field(init=False)
    senders: anyio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Be ready for the event loop that runs; what tasks wait for belongs to a single one."""
        self.processors = anyio.CapacityLimiter(os.cpu_count() or 1)
        self.turn = anyio.Lock(fast_acquire=True)
        self.senders = anyio.Semaphore(_SENDERS, fast_acquire=True)

    def publish(self, event: Event) -> None:
        """Count an event, write it to the log, hand it to whoever listens."""
        self.counters.count(event)
        log_event(event)
        self.hub.publish(event)
