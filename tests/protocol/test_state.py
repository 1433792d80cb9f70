from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import (
    VERBS,
    ByteRange,
    Phase,
    SessionState,
    TransferMode,
    TransferType,
    parse_offset,
    parse_type,
)


@pytest.mark.parametrize("verb", ["PASV", "EPSV", "PORT", "EPRT", "TYPE", "NOOP"])
def test_offset_survives_preparations(verb: str) -> None:
    state = SessionState(offset=7)
    state.before(verb)
    state.before("RETR")
    assert state.take_offset() == 7
    assert state.take_offset() == 0


@pytest.mark.parametrize("verb", ["LIST", "DELE", "REIN", "ABOR", "CWD", "REST", "XYZZY", ""])
def test_offset_is_dropped_by_others(verb: str) -> None:
    state = SessionState(offset=7)
    state.before(verb)
    assert state.offset == 0


@pytest.mark.parametrize("verb", ["RETR", "STOR", "HASH"])
def test_range_is_for_one_transfer_or_hash(verb: str) -> None:
    state = SessionState(range=ByteRange(1, 2))
    state.before("PASV")
    state.before(verb)
    assert state.take_range() == ByteRange(1, 2)
    assert state.take_range() is None


@pytest.mark.parametrize("verb", ["LIST", "REST", "RANG", "APPE", "STOU", "XMD5"])
def test_range_is_dropped_by_others(verb: str) -> None:
    state = SessionState(range=ByteRange(1, 2))
    state.before(verb)
    assert state.range is None


def test_offset_is_dropped_by_a_range() -> None:
    state = SessionState(offset=7)
    state.before("RANG")
    assert state.offset == 0


def test_logging_out_takes_choices_back() -> None:
    state = SessionState(mode=TransferMode.DEFLATE, hash_algorithm="MD5", range=ByteRange(1, 2))
    state.reset()
    assert state == SessionState()


@pytest.mark.parametrize("verb", [name for name in VERBS if name != "RNTO"])
def test_rename_is_dropped_by_any_other_command(verb: str) -> None:
    state = SessionState(rename_from=PurePosixPath("/a"))
    state.before(verb)
    assert state.rename_from is None


def test_rename() -> None:
    state = SessionState(rename_from=PurePosixPath("/a"))
    state.before("RNTO")
    assert state.take_rename() == PurePosixPath("/a")
    assert state.take_rename() is None


def test_login_and_out() -> None:
    state = SessionState()
    assert state.phase is Phase.NEED_USER
    state.name_user("a")
    assert (state.phase, state.user, state.is_logged_in) == (Phase.NEED_PASSWORD, "a", False)
    state.log_in()
    assert state.is_logged_in
    state.offset, state.type_ = 5, TransferType.IMAGE
    state.name_user("b")
    assert (state.phase, state.user, state.offset) == (Phase.NEED_PASSWORD, "b", 0)
    state.log_in()
    state.reset()
    assert state == SessionState()


@pytest.mark.parametrize(
    ("text", "offset"), [("0", 0), ("007", 7), ("9223372036854775807", 2**63 - 1)]
)
def test_offsets(text: str, offset: int) -> None:
    assert parse_offset(text) == offset


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+5", " 5", "5 ", "1_0", "\u0663", "0x1", "9223372036854775808", "1" * 20, "5\n"],
)
def test_no_offsets(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_offset(text)


@pytest.mark.parametrize(
    ("text", "type_"),
    [("A", "A"), ("a n", "A"), ("I", "I"), ("i", "I"), ("L 8", "I"), ("L8", "I"), ("A N ", "A")],
)
def test_types(text: str, type_: str) -> None:
    assert parse_type(text) is TransferType(type_)


@pytest.mark.parametrize("text", ["", "E", "A T", "L 7", "L", "I N", "AI"])
def test_no_types(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_type(text)


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=8))
def test_offset_reaches_only_a_transfer_that_was_prepared(verbs: list[str]) -> None:
    state = SessionState(offset=9)
    stale = False
    for verb in verbs:
        state.before(verb)
        stale |= verb not in {
            *("PASV", "EPSV", "PORT", "EPRT", "TYPE", "MODE", "STRU", "ALLO"),
            *("PBSZ", "PROT", "NOOP", "RETR", "STOR", "STOU", "APPE"),
        }
    assert state.take_offset() == (0 if stale else 9)
