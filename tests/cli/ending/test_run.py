"""Running work: on each backend, until it ends or a signal comes."""

import os
import signal
import sys

import anyio
import pytest

from anyftp._cli._ending._failure import Failure, HungUp, Interrupted, Terminated
from anyftp._cli._ending._run import BACKENDS, installed_backends, run, run_interruptible


def test_names() -> None:
    assert BACKENDS == ("asyncio", "uvloop", "trio")
    assert installed_backends() == ["asyncio", "uvloop", "trio"]


async def loop_name() -> str:
    if "trio" in sys.modules:
        import sniffio

        if sniffio.current_async_library() == "trio":
            return "trio"
    import asyncio

    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


@pytest.mark.parametrize("backend", [None, *BACKENDS])
def test_backend(backend: str | None) -> None:
    assert run(loop_name, backend) == (backend or "asyncio")


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp._cli._ending._run.find_spec", lambda name: None)
    assert installed_backends() == ["asyncio"]
    with pytest.raises(Failure, match=r'pip install "anyftp\[uvloop\]"'):
        run(loop_name, "uvloop")


@pytest.mark.parametrize("backend", BACKENDS)
class TestInterruptible:
    def test_result(self, backend: str) -> None:
        assert run_interruptible(loop_name, backend) == backend

    def test_no_group_around_an_error(self, backend: str) -> None:
        async def fail() -> None:
            raise OSError(28, "full")

        with pytest.raises(OSError, match="full"):
            run_interruptible(fail, backend)

    @pytest.mark.parametrize(
        ("number", "kind"),
        [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated), (signal.SIGHUP, HungUp)],
    )
    def test_a_signal_cancels(self, backend: str, number: int, kind: type[Failure]) -> None:
        cleaned: list[str] = []

        async def work() -> None:
            try:
                os.kill(os.getpid(), number)
                await anyio.sleep(10)
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.sleep(0.01)
                cleaned.append("up")

        with pytest.raises(Interrupted) as caught:
            run_interruptible(work, backend)
        assert type(caught.value) is kind
        assert cleaned == ["up"]


def test_nohup_is_respected() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        async def work() -> str:
            os.kill(os.getpid(), signal.SIGHUP)
            await anyio.sleep(0.01)
            return "done"

        assert run_interruptible(work, None) == "done"
    finally:
        signal.signal(signal.SIGHUP, before)
