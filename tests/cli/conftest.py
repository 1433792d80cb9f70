"""The tests' users have no ~/.netrc, no profiles and no proxy unless a test gives them some."""

from __future__ import annotations

import os

import pytest


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
