"""The settings of clients are the options of `Client`."""

from __future__ import annotations

from anyftp import (
    ClientOptions,
)
from anyftp._client._options._settings import Options


def test_settings_are_the_options_of_clients() -> None:
    assert Options.__annotations__.keys() == ClientOptions.__annotations__.keys()
