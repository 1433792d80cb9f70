"""Signals that are noted and heeded at the next wait."""

import os
import signal
import subprocess
import sys

import anyio
import pytest

from anyftp._cli._ending._failure import HungUp, Interrupted, Terminated
from anyftp._cli._ending._signals import noted_signals, signals_that_raise

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals here are POSIX's")


def test_nothing_came() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with noted_signals() as noted:
        assert signal.getsignal(signal.SIGTERM) == noted.note
        assert noted.failure is None
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("number", "kind"),
    [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated), (signal.SIGHUP, HungUp)],
)
def test_nothing_is_raised_where_it_comes(number: int, kind: type[Interrupted]) -> None:
    with noted_signals() as noted:
        os.kill(os.getpid(), number)
        assert type(noted.failure) is kind


def test_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with noted_signals() as noted:
            os.kill(os.getpid(), signal.SIGHUP)
            assert noted.failure is None
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.anyio
async def test_each_is_told_in_its_order() -> None:
    with noted_signals(is_patient=True) as noted:
        os.kill(os.getpid(), signal.SIGHUP)  # before anybody waits
        os.kill(os.getpid(), signal.SIGTERM)
        with anyio.fail_after(5):
            assert [await noted.next(), await noted.next()] == [signal.SIGHUP, signal.SIGTERM]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send_later, signal.SIGHUP)
            with anyio.fail_after(5):
                assert await noted.next() == signal.SIGHUP
        with anyio.move_on_after(0.01):
            await noted.next()
            raise AssertionError("there are no more")


async def _send_later(number: int) -> None:
    await anyio.sleep(0.01)
    os.kill(os.getpid(), number)


def test_more_than_anybody_reads() -> None:
    with noted_signals(is_patient=True) as noted:
        for _ in range(2000):
            noted.note(signal.SIGHUP, None)
    assert isinstance(noted.failure, HungUp)


def test_the_second_one_ends_the_process() -> None:
    program = (
        "from anyftp._cli._ending._signals import noted_signals\n"
        "with noted_signals() as noted:\n"
        "    noted.note(15, None)\n"
        "    noted.note(15, None)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=15, check=False
    )
    assert (ended.returncode, ended.stderr) == (143, "anyftp: interrupted\n")


def test_raising() -> None:
    with pytest.raises(Terminated), signals_that_raise():
        os.kill(os.getpid(), signal.SIGTERM)
