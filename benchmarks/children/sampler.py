"""Where processor time goes: each millisecond, what every thread of this process is doing.

A thread's own processor clock says what a look is worth, so waiting counts nothing, and what the
kernel does for a thread counts for the function that asked for it. It imports as little as can be:
what it has imported is missing from the profile of a program that starts.
"""

import signal
import sys
import threading
import time
from types import FrameType

INTERVAL = 0.001
Stack = tuple[str, ...]


class Sampler:
    """Looks from its making to `write()`, in the main thread of a program."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._spent: dict[Stack, float] = {}
        self._clocks: dict[int, float] = {}
        self._main = threading.get_ident()
        self._note({self._main: sys._getframe()})
        self._spent.clear()
        signal.signal(signal.SIGALRM, self._look)
        signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)

    def _look(self, _: int, frame: FrameType | None) -> None:
        frames = sys._current_frames()
        if frame is not None:
            frames[self._main] = frame
        self._note(frames)
        self._clocks[self._main] = time.thread_time()  # looking is not what is measured

    def _note(self, frames: dict[int, FrameType]) -> None:
        for thread, frame in frames.items():
            now = time.clock_gettime(time.pthread_getcpuclockid(thread))
            spent = now - self._clocks.get(thread, 0.0)
            self._clocks[thread] = now
            stack = stack_of(frame)
            self._spent[stack] = self._spent.get(stack, 0.0) + spent

    def write(self) -> None:
        """Stop; append a line for each stack: its seconds, and its functions, outermost first."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        with open(self._path, "a", encoding="utf-8") as file:
            for stack, seconds in self._spent.items():
                if seconds:
                    file.write(f"{seconds:.6f} {';'.join(stack)}\n")


def stack_of(frame: FrameType | None) -> Stack:
    """The functions that are under way, the outermost first; importing itself is left out."""
    names: list[str] = []
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith("<frozen importlib"):
            names.append(f"{frame.f_globals.get('__name__', '?')}:{code.co_qualname}")
        frame = frame.f_back
    return tuple(reversed(names))
