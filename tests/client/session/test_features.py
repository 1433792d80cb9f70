"""What FEAT says, asked for once, and which refusals say that a command is not known at all."""

from __future__ import annotations

import pytest

from anyftp import Client
from anyftp._client._session import _features
from anyftp._client._session._session import Session
from client.peer import Peer

pytestmark = pytest.mark.anyio

FEATURES = "211-Extensions:\r\n SIZE\r\n MLST type*;size*;\r\n211 End"


def session_of(client: Client) -> Session:
    assert client._session is not None
    return client._session


async def test_they_are_asked_for_once() -> None:
    peer = Peer(FEAT=FEATURES)
    async with peer.client() as client:
        session = session_of(client)
        assert await _features.has_feature(session, "SIZE")
        assert not await _features.has_feature(session, "HASH")
        assert (await _features.get_features(session))["MLST"] == "type*;size*;"
    assert peer.commands.count("FEAT") == 1


async def test_a_server_that_does_not_know_the_question_has_none() -> None:
    async with Peer(FEAT="500 what?").client() as client:
        assert await _features.get_features(session_of(client)) == {}


@pytest.mark.parametrize(
    ("verb", "code", "has_argument", "is_unknown"),
    [
        ("HASH", "500", True, True),
        ("HASH", "502", True, True),
        ("HASH", "550", True, False),  # of this file
        ("SIZE", "501", True, False),  # FEAT has it, so it is about the argument
        ("HASH", "501", True, True),  # FEAT lacks it
        ("SIZE", "504", False, True),  # there was no argument that it could be about
    ],
)
async def test_refusals(verb: str, code: str, has_argument: bool, is_unknown: bool) -> None:
    async with Peer(FEAT=FEATURES).client() as client:
        session = session_of(client)
        told = await _features.is_unknown(session, verb, code, has_argument=has_argument)
        assert told == is_unknown
        session.learnt.obeyed.add(verb)
        assert not await _features.is_unknown(session, verb, code, has_argument=has_argument)
