"""Names as they are at this moment in the modules that stand for aioftp's."""

from __future__ import annotations

from unittest.mock import patch

import pytest

import anyftp_compat
from anyftp_compat._ground._patchable import patched


@pytest.mark.parametrize("name", ["client", "common", "errors", "pathio", "server"])
def test_each_module(name: str) -> None:
    assert getattr(patched, name) is getattr(anyftp_compat, name)


def test_what_is_put_there_is_found() -> None:
    before = patched.client.Code
    with patch.object(anyftp_compat.client, "Code", int):
        assert patched.client.Code is int
    assert patched.client.Code is before


def test_no_such_module() -> None:
    with pytest.raises(ModuleNotFoundError):
        _ = patched.nothing_of_the_kind
