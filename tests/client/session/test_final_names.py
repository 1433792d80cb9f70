"""No two sources get the same name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from anyftp import LocalProtocolError
from anyftp._client._session._final_names import FinalNames


def test_a_name_is_its_first_sources() -> None:
    names = FinalNames()
    assert names.offer("/a", "one")
    assert names.offer("/a", "one")
    assert not names.offer("/a", "two")
    assert names.offer("/b", "two")
    with pytest.raises(LocalProtocolError, match="one and two would both become /a"):
        names.take("/a", "two")
    names.take("/a", "one")


def test_a_folder_that_is_a_copy_is_entered_by_its_own_source_alone() -> None:
    names = FinalNames()
    names.take_for_tree("/copy", "tree")
    names.enter("/copy", "tree")
    with pytest.raises(LocalProtocolError, match="tree and other would both become /copy"):
        names.enter("/copy", "other")
    names.enter("/was-there", "other")
    names.take("/file", "one")
    names.enter("/file", "other")  # a file's name is no folder that could be gone into


def test_of_many_threads_one_gets_it() -> None:
    names = FinalNames()
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda source: names.offer("/a", str(source)), range(200)))
    assert got.count(True) == 1
