"""Where counts may be kept, as a URL says it."""

from __future__ import annotations

import pytest

from anyftp.shared import SharedCounts
from ecosystem.kept import MARKS
from ecosystem.kept import redis as redis
from ecosystem.kept import url as url

pytestmark = MARKS


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite:", "sqlite://", "sqlite:///", "sqlite://counts", "sqlite:counts"),
        *("sqlite::memory:", "sqlite://folder/counts", "sqlite:///folder/"),
        *("sqlite:///counts?mode=ro", "sqlite:///a#b"),
    ],
)
def test_a_file_that_not_all_would_find_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///absolute/path"):
        SharedCounts(url)


@pytest.mark.parametrize("wrong", ["file:///x", "http://x", "x"])
def test_a_url_of_another_kind(wrong: str) -> None:
    with pytest.raises(ValueError, match="the URL of counts must"):
        SharedCounts(wrong)
