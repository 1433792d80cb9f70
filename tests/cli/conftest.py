"""The tests' users have no ~/.netrc, no profiles and no proxy unless a test gives them some."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.each_command import fill, served_for_all


@pytest.fixture(autouse=True)
def nobody_at_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = str(tmp_path_factory.mktemp("home"))
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("XDG_CONFIG_HOME", f"{home}/.config")
    for name in list(os.environ):
        is_proxy = name.lower() in ("ftp_proxy", "all_proxy", "no_proxy")
        if is_proxy or name in ("NETRC",) or (name.startswith("ANYFTP_") and "DAEMONS" not in name):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def folder_for_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def server_for_all(folder_for_all: Path) -> Iterator[str]:
    with served_for_all(folder_for_all) as url:
        yield url


@pytest.fixture
def url_for_all(server_for_all: str, folder_for_all: Path) -> str:
    """Where each command has a line that succeeds; what they move and remove is there each time."""
    fill(folder_for_all)
    return server_for_all
