"""The page about servers says what the tests hold to be so."""

from __future__ import annotations

import pytest

from interop.differences import ROWS
from interop.operations import OPERATIONS
from interop.peers import SERVERS
from interop.table import PAGE, page

pytestmark = pytest.mark.interop


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_every_difference_is_one_of_an_operation_that_is_run() -> None:
    rows = [(row.server, row.operation) for row in ROWS]
    assert {operation for _, operation in rows} <= set(OPERATIONS)
    assert {server for server, _ in rows} <= set(SERVERS)
    assert len(rows) == len(set(rows))
