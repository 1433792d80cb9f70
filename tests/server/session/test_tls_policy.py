"""How strict a server is about TLS."""

from __future__ import annotations

from typing import Any

import pytest

from anyftp import TLSPolicy


@pytest.mark.parametrize("name", ["session_reuse", "alpn"])
@pytest.mark.parametrize("value", ["off", "if-offered", "required"])
def test_words_that_there_are(name: str, value: Any) -> None:
    assert getattr(TLSPolicy(**{name: value}), name) == value


@pytest.mark.parametrize("name", ["session_reuse", "alpn"])
@pytest.mark.parametrize("value", ["", "on", True, None])
def test_words_that_there_are_not(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        TLSPolicy(**{name: value})


def test_the_defaults_let_every_client_in() -> None:
    policy = TLSPolicy()
    assert (policy.require_data, policy.session_reuse, policy.allow_ccc) == (None, "off", False)
    assert not policy.accept_truncated_uploads
