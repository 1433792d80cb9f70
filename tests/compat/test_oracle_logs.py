"""What programs that configure aioftp's loggers find there: the same loggers, levels and lines."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest

import anyftp_compat
from support.clocks import ASYNCIO, Backend

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Record = tuple[str, int, str]


@pytest.fixture
def anyio_backend() -> Backend:
    """Logging knows no event loop."""
    return ASYNCIO


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


async def records(package: Any, root: Path, caplog: pytest.LogCaptureFixture) -> list[Record]:
    """All that a session writes to aioftp's loggers."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        server = package.Server([package.User("user", "s3cret", base_path=root)])
        await server.start("127.0.0.1", 0)
        client = package.Client(socket_timeout=5)
        await client.connect(*server.address)
        await client.login("user", "s3cret")
        await client.get_current_directory()
        await client.command("PWD s3cret", "2xx", censor_after=4)
        await client.stat("/")
        await client.quit()
        await asyncio.sleep(0.05)
        await server.close()
    return [
        (record.name, record.levelno, record.getMessage())
        for record in caplog.records
        if record.name.startswith("aioftp")
    ]


async def test_same_loggers_and_levels(
    oracle: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kinds = []
    for package in (oracle, anyftp_compat):
        found = await records(package, tmp_path, caplog)
        kinds.append({(name, level) for name, level, _ in found})
        client = [line for name, _, line in found if name == "aioftp.client"]
        assert client[0] == "220 welcome"
        assert client[1] == "USER user"
        assert client[3].startswith("PASS **")
        assert [line for line in client if line.startswith(("PWD", "QUIT", "MLST"))] == [
            "PWD",
            next(line for line in client if line.startswith("PWD *")),
            "MLST /",
            "QUIT",
        ]
        server = [line for name, _, line in found if name == "aioftp.server"]
        assert {"220 welcome", "USER user"} <= set(server)
        assert any(line.startswith("serving on 127.0.0.1:") for line in server)
        arrivals = [line.rpartition(" from ") for line in server if " connection from " in line]
        assert [how for how, _, _ in arrivals] == ["new connection", "closing connection"]
        assert len({place for _, _, place in arrivals}) == 1
        assert arrivals[0][2].startswith("127.0.0.1:")
    assert kinds[0] == kinds[1]


async def test_no_password_in_any_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = await records(anyftp_compat, tmp_path, caplog)
    said = "\n".join(line for name, _, line in found if name == "aioftp.client")
    assert "s3cret" not in said
    # of what the user censored the server cannot know; of passwords it does
    passwords = [record.getMessage() for record in caplog.records if "PASS" in record.getMessage()]
    assert passwords
    assert not any("s3cret" in line for line in passwords)


async def test_the_length_of_a_password_is_not_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = await records(anyftp_compat, tmp_path, caplog)
    assert ("aioftp.client", logging.DEBUG, "PASS ****") in found
    assert ("aioftp.server", logging.DEBUG, "PASS ****") in found


async def test_a_logger_of_ones_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine = Mock()
    with patch("anyftp_compat.client.logger", mine):
        found = await records(anyftp_compat, tmp_path, caplog)
    assert mine.debug.called
    assert not any(name == "aioftp.client" for name, _, _ in found)


class Deaf(logging.Logger):
    """Says that it hears nothing, and is told all the same."""

    def __init__(self, hear: Callable[..., object]) -> None:
        super().__init__("mine", logging.CRITICAL)
        self._hear = hear

    def debug(self, msg: object, *args: object, **options: Any) -> None:
        self._hear(msg, *args)


@contextlib.contextmanager
def listening(package: Any, way: str) -> Iterator[list[str]]:
    """What a program hears of the client's log while it listens, in one of several ways."""
    told: list[str] = []
    logger = package.client.logger

    def hear(text: str, *words: object) -> None:
        told.append(text % words)

    if way == "level":
        handler = logging.Handler()
        handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        yield told
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)
    elif way == "method":
        with patch.object(logger, "debug", hear):
            yield told
    else:
        others = {"logger": Deaf(hear), "bare": Mock(spec=["debug"], debug=hear)}
        with patch.object(package.client, "logger", others[way]):
            yield told


@pytest.mark.parametrize("way", ["level", "method", "logger", "bare"])
async def test_whoever_listens_hears_from_then_on(way: str, oracle: Any, tmp_path: Path) -> None:
    heard = []
    for package in (oracle, anyftp_compat):
        server = package.Server([package.User(base_path=tmp_path)])
        await server.start("127.0.0.1", 0)
        async with package.Client.context(*server.address) as client:
            await client.command("PWD", "2xx")  # before anybody listens
            with listening(package, way) as told:
                await client.command("PWD", "2xx")
            await client.command("PWD", "2xx")
        await server.close()
        heard.append([line.partition(" ")[0] for line in told])
    assert heard == [["PWD", "257"]] * 2


def test_the_names_of_the_modules(oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        assert package.client.logger is logging.getLogger("aioftp.client")
        assert package.server.logger is logging.getLogger("aioftp.server")
