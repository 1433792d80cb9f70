"""A server among others: it asks them too before it lets somebody in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from anyftp import BanPolicy, MemoryFileSystem, User
from anyftp._counts import BANNED, LOST
from anyftp._server._users._company import Guest, is_guessing, still_counted

pytestmark = pytest.mark.anyio


class Places:
    """Counts that note what was taken."""

    def __init__(self, refusal: str | None = None) -> None:
        self.refusal = refusal
        self.held: list[str] = []
        self.ages: Sequence[float] = ()
        self.banned: list[tuple[str, float]] = []

    async def take(self, limits: Mapping[str, int | None], *, network: str = "") -> str | None:
        if self.refusal is None:
            self.held += limits
        return self.refusal

    async def give_back(self, groups: Sequence[str]) -> None:
        for group in groups:
            self.held.remove(group)

    async def fail(self, network: str) -> Sequence[float]:
        return self.ages

    async def ban(self, network: str, seconds: float) -> None:
        self.banned.append((network, seconds))


def user(name: str) -> User:
    return User(name, file_system=MemoryFileSystem())


def guest_of(places: Any) -> Guest:
    return Guest(places, "2001:db8::7")


async def test_what_is_taken_is_given_back_once() -> None:
    places = Places()
    guest = guest_of(places)
    assert await guest.enter(10, 2) is None
    assert places.held == ["connections", "address 2001:db8::/64"]
    assert await guest.log_in(user("ann"))
    assert await guest.log_in(user("bob"))  # in the place of the other
    assert places.held[2:] == ["user bob"]
    await guest.leave()
    await guest.leave()
    assert places.held == []


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ("connections", "Too many connections, try again later."),
        ("address 2001:db8::/64", "Too many connections from your address."),
        (BANNED, "Your address is banned for a while."),
        (LOST, "Nobody can be let in for the moment, try again later."),
    ],
)
async def test_who_is_not_let_in_is_told_why_and_holds_nothing(refusal: str, told: str) -> None:
    places = Places(refusal)
    guest = guest_of(places)
    assert await guest.enter(10, 2) == told
    assert not await guest.log_in(user("ann"))
    await guest.leave()
    assert places.held == []


@pytest.mark.parametrize(
    ("ages", "is_banned"), [((0,), False), ((50, 20, 0), True), ((900, 20, 0), False), ((), False)]
)
async def test_who_guesses_is_kept_out_everywhere(ages: Sequence[float], is_banned: bool) -> None:
    policy = BanPolicy(failures=3, within=100, seconds=60)
    assert is_guessing(ages, policy) is is_banned
    places = Places()
    places.ages = ages
    assert (await guest_of(places).fail(policy, 100))[0] is is_banned
    assert places.banned == ([("2001:db8::/64", 60)] if is_banned else [])
    assert not (await guest_of(places).fail(None, 100))[0]


@pytest.mark.parametrize(
    ("ages", "count"),
    [
        ((), 0),
        ((0,), 0),
        ((1, 0), 1),
        ((2, 1, 0), 2),
        ((100, 0), 0),
        ((102, 101, 0), 1),
        ((999, 1, 0), 1),
    ],
)
def test_failures_are_forgiven_one_by_one(ages: Sequence[float], count: int) -> None:
    assert still_counted(ages, 100) == count
