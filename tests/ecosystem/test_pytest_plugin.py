"""The plugin in a project that has nothing but a test file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

#: Each test is a pytest of its own.
pytestmark = pytest.mark.timeout(120)

ROOT = Path(__file__).resolve().parents[2]

TESTS = """
import ftplib
import io

import pytest
from anyftp import Client


def test_anything(ftp_server):
    ftp_server.put("/pub/one", b"1")
    with ftplib.FTP() as client:
        client.connect(ftp_server.host, ftp_server.port)
        client.login("alice", "wonder")
        assert client.nlst("/pub") == ["/pub/one"]
        client.storbinary("STOR /two", io.BytesIO(b"2"))
    assert ftp_server.get("/two") == b"2"


def test_each_test_has_its_own(ftp_server):
    assert ftp_server.names() == []


@pytest.mark.ftp_server(users={"bob": "pw"}, tls="explicit")
def test_otherwise(ftp_server):
    with ftplib.FTP_TLS(context=ftp_server.client_context()) as client:
        client.connect(ftp_server.host, ftp_server.port)
        client.login("bob", "pw")


@pytest.mark.anyio
async def test_async(anyftp_server):
    server = anyftp_server
    server.files.put("/one", b"1")
    login = server.host, server.port, server.user, server.password
    async with Client.context(*login) as client:
        async with client.download_stream("/one") as stream:
            assert await stream.read() == b"1"
"""


VIRTUAL = """
import anyio
import pytest
from anyftp import Client, MemoryFileSystem, User
from anyftp.testing import memory_server

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_anyio_backend):
    return virtual_anyio_backend


async def test_ten_minutes():
    files = MemoryFileSystem()
    files.put("/file", bytes(600_000))
    async with memory_server([User(file_system=files)]) as dial:
        async with Client.context("a.test", dialler=dial, read_speed_limit=1000) as client:
            began = anyio.current_time()
            async with client.download_stream("/file") as stream:
                while await stream.read(100_000):
                    pass
            assert 599 < anyio.current_time() - began < 601
"""


def run_pytest(folder: Path, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-p", "pytest_anyftp", "-W", "error", "-v", *options]
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100
    )


def test_fixtures_without_a_conftest(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, TESTS, "--strict-markers")
    assert run.returncode == 0, run.stdout + run.stderr
    # The async one on each backend that anyio's own plugin knows and that is installed.
    assert "5 passed" in run.stdout or "6 passed" in run.stdout, run.stdout


def test_ten_minutes_pass_at_once_on_each_backend(tmp_path: Path) -> None:
    run = run_pytest(tmp_path, VIRTUAL)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout


def test_the_examples_of_the_docs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "test.md").read_text("utf-8")
    fences = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    tests = [text for text in fences if "ftp_server)" in text]
    assert len(tests) == 3
    for number, text in enumerate(tests):
        (tmp_path / f"test_{number}.py").write_text(text)
    run = run_pytest(tmp_path, "", "--strict-markers")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "skipped" not in run.stdout


def test_a_mark_without_keywords_is_refused(tmp_path: Path) -> None:
    tests = "import pytest\n@pytest.mark.ftp_server('tls')\ndef test(ftp_server): ...\n"
    run = run_pytest(tmp_path, tests)
    assert run.returncode != 0
    assert "the marker takes keywords alone" in run.stdout


@pytest.mark.parametrize("mark", ["asyncio", "trio"])
def test_an_event_loop_of_another_plugin_is_told(tmp_path: Path, mark: str) -> None:
    """Its test would wait for ever: the server runs in the loop of anyio's plugin."""
    tests = f"import pytest\n@pytest.mark.anyio\n@pytest.mark.{mark}\n"
    tests += "async def test(anyftp_server): ...\n"
    run = run_pytest(tmp_path, tests, "-W", "ignore::pytest.PytestUnknownMarkWarning")
    assert run.returncode != 0
    assert f"pytest-{mark} runs this one" in run.stdout


def test_a_run_that_does_not_use_it_does_not_import_us(tmp_path: Path) -> None:
    tests = "import sys\ndef test(): assert 'pytest_anyftp' in sys.modules, 'plugin'\n"
    tests += "def test_more(): assert 'anyftp' not in sys.modules\n"
    run = run_pytest(tmp_path, tests)
    assert run.returncode == 0, run.stdout


def test_the_entry_point_leads_to_the_plugin() -> None:
    with open(ROOT / "pyproject.toml", "rb") as file:
        points = tomllib.load(file)["project"]["entry-points"]["pytest11"]
    # Its name is that of the module, so that `-p` and the entry point name one plugin.
    assert points == {"pytest_anyftp": "pytest_anyftp"}
    pytest.importorskip("pytest_anyftp")
