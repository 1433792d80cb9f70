"""Commands, and the ledger: sent, received, abandoned in any order, nothing is mixed up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol import (
    Command,
    Meaning,
    Reply,
    ReplyLedger,
    confirmation_among,
    decode_command,
    encode_command,
    found_nothing_to_abort,
)
from anyftp._protocol._dialogue import MAX_IDLE_REPLIES

VERBS = ["RETR", "ABOR", "NOOP", "CWD", "MKD", "PWD", "SYST", "SIZE"]
FINALS = ["200", "213", "225", "226", "250", "331", "426", "500", "550"]
OWN_ANSWER = {"MKD": "257", "PWD": "257", "SYST": "215"}

verbs = st.sampled_from(VERBS)
#: What happens next: a command goes, or the server says something about the oldest one it has.
steps = st.lists(
    st.one_of(
        st.tuples(st.just("sent"), verbs),
        st.just(("preliminary", "")),
        st.tuples(st.just("final"), st.sampled_from(FINALS)),
    ),
    max_size=60,
)


@given(steps)
def test_each_reply_is_the_oldest_commands_whoever_waited_for_it(
    history: list[tuple[str, str]],
) -> None:
    ledger = ReplyLedger()
    at_server: list[str] = []
    for step, what in history:
        if step == "sent":
            ledger.sent(what)
            at_server.append(what)
        elif step == "preliminary":
            assert ledger.accept(Reply("150")) is Meaning.PRELIMINARY
        elif at_server:
            assert ledger.oldest == at_server.pop(0)
            assert ledger.accept(Reply(what)) is Meaning.ANSWER
        else:
            assert ledger.accept(Reply(what)) is Meaning.UNASKED
        assert ledger.is_owed is bool(at_server)
        assert ledger.oldest == (at_server[0] if at_server else None)
        assert all(ledger.owes(verb) is (verb in at_server) for verb in VERBS)


@given(
    st.lists(st.tuples(verbs, st.booleans()), max_size=8),
    st.lists(st.sampled_from(["150", *FINALS]), max_size=20),
    st.lists(verbs, max_size=5),
)
def test_the_answer_to_a_marker_pays_for_all_before_it_and_nothing_after(
    before: list[tuple[str, bool]], said: list[str], after: list[str]
) -> None:
    """Whatever the server says to what was sent before: too little, too much, in any order."""
    ledger = ReplyLedger()
    for verb, is_aside in before:
        ledger.sent(verb, is_aside=is_aside)
    marker = ledger.mark()
    for verb in after:
        ledger.sent(verb)
    nanswered = 0
    for code in said:
        if code.startswith("5") and not nanswered < len(before):
            continue  # that would be the refusal of the marker
        nanswered += code != "150"
        ledger.accept(Reply(code))
        assert ledger.is_marked
        assert ledger.owes(marker)
    assert ledger.accept(Reply(OWN_ANSWER[marker])) is Meaning.ANSWER
    assert not ledger.is_marked
    for verb in after:
        assert ledger.oldest == verb
        assert ledger.accept(Reply("200")) is Meaning.ANSWER
    assert not ledger.is_owed


@pytest.mark.parametrize(
    ("owed", "marker"),
    [([], "PWD"), (["RETR", "NOOP"], "PWD"), (["PWD"], "SYST"), (["RETR", "MKD"], "SYST")],
)
def test_a_marker_is_not_what_is_owed_already(owed: list[str], marker: str) -> None:
    ledger = ReplyLedger()
    for verb in owed:
        ledger.sent(verb, is_aside=verb != "RETR")
    assert ledger.mark() == marker
    for verb in owed:
        ledger.accept(Reply(OWN_ANSWER.get(verb, "226")))
        assert ledger.is_marked


def test_a_server_may_refuse_the_marker_but_what_comes_before_that_is_no_refusal_of_it() -> None:
    ledger = ReplyLedger()
    ledger.sent("RETR")
    ledger.mark()
    for code, meaning in [("500", Meaning.ANSWER), ("226", Meaning.UNASKED)]:
        assert ledger.accept(Reply(code)) is meaning
        assert ledger.is_marked
    assert ledger.accept(Reply("502")) is Meaning.ANSWER
    assert not ledger.is_owed


@given(st.lists(st.tuples(verbs, st.booleans()), max_size=5), st.booleans())
def test_421_ends_everything_and_pays_nothing(
    sent: list[tuple[str, bool]], is_marked: bool
) -> None:
    ledger = ReplyLedger()
    for verb, is_aside in sent:
        ledger.sent(verb, is_aside=is_aside)
    if is_marked:
        ledger.mark()
    assert ledger.accept(Reply("421")) is Meaning.CLOSING
    assert ledger.is_owed is bool(sent or is_marked)
    ledger.clear()
    assert not ledger.is_owed
    assert not ledger.has_aside


@given(st.lists(st.sampled_from(["150", *FINALS]), max_size=20), st.integers(0, 3))
def test_asides_are_forgotten_with_their_transfer(codes: list[str], nasides: int) -> None:
    ledger = ReplyLedger()
    ledger.sent("RETR")
    for _ in range(nasides):
        ledger.sent("NOOP", is_aside=True)
    left = nasides
    for code in codes:
        assert ledger.may_end_transfer(Reply("550"))
        assert ledger.may_end_transfer(Reply("502")) is (left == 0)
        assert not ledger.may_end_transfer(Reply("226"))
        ledger.answered_aside(Reply(code))
        left = max(0, left - (code != "150"))
        assert ledger.has_aside is (left > 0)
    assert ledger.take_asides() == left
    assert ledger.take_asides() == 0


@pytest.mark.parametrize("code", ["150", "200"])
def test_replies_that_answer_nothing_are_bounded(code: str) -> None:
    ledger = ReplyLedger()
    for _ in range(2):  # an answer begins the count anew
        for _ in range(MAX_IDLE_REPLIES):
            ledger.accept(Reply(code))
        ledger.sent("NOOP")
        assert ledger.accept(Reply("200")) is Meaning.ANSWER
    for _ in range(MAX_IDLE_REPLIES):
        ledger.accept(Reply(code))
    with pytest.raises(RemoteProtocolError, match="answer nothing"):
        ledger.accept(Reply(code))


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [
        (["226"], "226"),
        (["200", "226"], "226"),
        (["226", "200"], "226"),
        (["500", "426"], "426"),
        (["426", "500"], "426"),
        (["200", "250", "426"], "250"),
        (["500"], "500"),
    ],
)
def test_the_confirmation_is_known_among_replies_to_noop(codes: list[str], chosen: str) -> None:
    assert confirmation_among([Reply(code) for code in codes]).code == chosen


@pytest.mark.parametrize(
    ("codes", "nothing"),
    [
        (["225"], True),
        (["225", "500"], True),
        (["150", "225", "200"], True),
        (["426", "225"], False),
        (["226"], False),
        (["500"], False),
        ([], False),
    ],
)
def test_225_alone_says_that_there_was_nothing_to_abort(codes: list[str], nothing: bool) -> None:
    assert found_nothing_to_abort([Reply(code) for code in codes]) is nothing


# Commands


@pytest.mark.parametrize(
    ("verb", "argument", "wire"),
    [
        ("NOOP", "", b"NOOP\r\n"),
        ("CWD", "a b", b"CWD a b\r\n"),
        ("RETR", " leading and trailing ", b"RETR  leading and trailing \r\n"),
        ("RETR", "caf\xe9", b"RETR caf\xc3\xa9\r\n"),
        ("RETR", "caf\udce9", b"RETR caf\xe9\r\n"),
    ],
)
def test_encode(verb: str, argument: str, wire: bytes) -> None:
    assert encode_command(verb, argument) == wire


def test_encode_in_another_encoding() -> None:
    assert encode_command("CWD", "\u4e2d", "gbk") == b"CWD \xd6\xd0\r\n"


@pytest.mark.parametrize("breaker", ["\r", "\n", "\r\n", "\0"])
@pytest.mark.parametrize("verb", ["CWD", "USER", "PASS", "ACCT", "MKD", "SITE"])
def test_no_second_command(verb: str, breaker: str) -> None:
    with pytest.raises(LocalProtocolError, match="CR, LF or NUL"):
        encode_command(verb, f"x{breaker}DELE y")
    with pytest.raises(LocalProtocolError, match="a verb must be"):
        encode_command(f"{verb}{breaker}DELE", "y")


@pytest.mark.parametrize("verb", ["", "A B", "N\xd6OP", " NOOP"])
def test_no_verb(verb: str) -> None:
    with pytest.raises(LocalProtocolError, match="a verb must be"):
        encode_command(verb)


@pytest.mark.parametrize(
    ("verb", "argument"),
    [
        ("PASS", "secret\n"),
        ("pass", "secret\r"),
        ("ACCT", "secret\0"),
        ("PASS", "secret\ud800"),
        ("PASS secret", ""),
        ("PASS\rsecret", ""),
    ],
)
def test_secrets_stay_secret(verb: str, argument: str) -> None:
    with pytest.raises(LocalProtocolError) as caught:
        encode_command(verb, argument)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_argument_that_cannot_be_said() -> None:
    with pytest.raises(LocalProtocolError, match="latin-1"):
        encode_command("CWD", "\u20ac", "latin-1")


@given(st.text(st.characters(exclude_characters="\r\n\0")))
def test_decode_reverses_encode(argument: str) -> None:
    try:
        line = encode_command("RETR", argument)
    except LocalProtocolError:
        return  # a lone surrogate that stands for no byte
    assert decode_command(line.removesuffix(b"\r\n")) == Command("RETR", argument)
