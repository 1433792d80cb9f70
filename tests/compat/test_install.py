"""Standing in for aioftp: in a fresh interpreter, for the modules stay."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

import anyftp_compat


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def test_everything_is_found_under_the_name() -> None:
    program = """
import anyftp_compat
anyftp_compat.install_as_aioftp()
anyftp_compat.install_as_aioftp()
import aioftp
import aioftp.client, aioftp.common, aioftp.errors, aioftp.pathio, aioftp.server
from aioftp.client import Client
from aioftp.common import Throttle
from aioftp.errors import StatusCodeError
from aioftp.pathio import universal_exception
from aioftp.server import Server
assert aioftp is anyftp_compat and aioftp.Client is Client
from unittest.mock import patch
with patch("aioftp.client.Client.connect", "patched"):
    assert aioftp.Client.connect == "patched"
print(aioftp.__version__)
"""
    assert run(program) == "0.28.3"


def test_the_real_one_is_not_pushed_aside() -> None:
    if importlib.util.find_spec("aioftp") is None:
        pytest.skip("aioftp is not installed")
    program = """
import aioftp, anyftp_compat
try:
    anyftp_compat.install_as_aioftp()
except ImportError as error:
    print(error)
"""
    assert "loaded already" in run(program)


@pytest.mark.parametrize("name", ["client", "common", "errors", "pathio", "server"])
def test_submodules_have_what_they_list(name: str) -> None:
    module = importlib.import_module(f"anyftp_compat.{name}")
    for each in module.__all__:
        assert getattr(anyftp_compat, each) is getattr(module, each)


def test_each_name_is_found_where_its_module_lists_it() -> None:
    for module, names in anyftp_compat._HOMES.items():
        assert importlib.import_module(f"anyftp_compat.{module}").__all__ == tuple(names.split())
    assert set(anyftp_compat.__all__) <= set(dir(anyftp_compat))
    with pytest.raises(AttributeError, match="'anyftp_compat' has no attribute 'Cleint'"):
        getattr(anyftp_compat, "Cleint")  # noqa: B009  # a name for no type checker


@pytest.mark.parametrize(
    ("asked", "spared"),
    [
        ("__version__", ["anyio", "anyftp", "asyncio", "ssl"]),
        ("Client", ["anyftp._server", "anyftp_compat.server"]),
        ("Server", ["anyftp._client", "anyftp_compat.client"]),
        ("client.Client", ["anyftp._server"]),
    ],
)
def test_what_nobody_asks_for_is_not_imported(asked: str, spared: list[str]) -> None:
    program = f"import sys, anyftp_compat as aioftp; aioftp.{asked}"
    assert run(f"{program}; print(*set({spared!r}) & set(sys.modules))") == ""
