"""Entries of a listing, as fsspec has files: what the server says, and nothing that it cannot."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp import Outline
from anyftp.fsspec._entries import describe, describe_all, what_link_leads_to
from client.peer import Peer

THEN = datetime(2020, 1, 2, tzinfo=UTC)
TIMES = st.none() | st.just(THEN)
NAMES = st.sampled_from(["a", "b c", "", ".", "..", "a/b", "/etc", "é", "..."])
KINDS = st.sampled_from(["dir", "file", "link", "other", "unknown"])
OUTLINES = st.tuples(
    NAMES, KINDS, st.none() | st.integers(0, 1 << 40), TIMES, TIMES, st.none() | st.just("to")
)


@pytest.mark.parametrize(
    ("outline", "told"),
    [
        (
            ("n", "file", 5, THEN, None, None),
            {"name": "/n", "size": 5, "type": "file", "modified": THEN},
        ),
        (
            ("n", "file", None, None, THEN, None),
            {"name": "/n", "size": 0, "type": "file", "modified": None, "created": THEN},
        ),
        (
            ("n", "dir", 4096, THEN, None, None),
            {"name": "/n", "size": 0, "type": "directory", "modified": THEN},
        ),
        (
            ("n", "link", 2, None, None, "to"),
            {
                "name": "/n",
                "size": 2,
                "type": "link",
                "modified": None,
                "islink": True,
                "destination": "to",
            },
        ),
        (
            ("n", "unknown", 1, None, None, None),
            {"name": "/n", "size": 1, "type": "other", "modified": None},
        ),
    ],
)
def test_one(outline: Outline, told: dict[str, object]) -> None:
    assert describe(outline, "/n") == told


@given(st.lists(OUTLINES), st.sampled_from(["/", "/a/"]))
def test_all_are_told_as_each_is_and_no_name_leads_elsewhere(
    outlines: list[Outline], prefix: str
) -> None:
    good = [one for one in outlines if one[0] in ("a", "b c", "é", "...")]
    assert describe_all(outlines, prefix) == [describe(one, prefix + one[0]) for one in good]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"SIZE": "213 12"}, {"type": "file", "size": 12}),
        ({"SIZE": "550 a folder", "CWD": "250 in"}, {"type": "directory", "size": 0}),
        ({"SIZE": "550 no", "CWD": "550 no", "MLST": "550 no"}, {"type": "link"}),
    ],
)
async def test_what_a_link_leads_to(answers: dict[str, str], told: dict[str, object]) -> None:
    if "CWD" in answers and answers["CWD"].startswith("250"):
        answers = answers | {"MLST": "250-it\r\n type=dir; /l\r\n250 end"}
    async with Peer(**answers).client() as client:  # type: ignore[arg-type]
        assert await what_link_leads_to(client, "/l") == told
