"""Locks on paths: who wants another one goes on, who wants the same waits, nobody blocks."""

from __future__ import annotations

import random
import threading
from pathlib import PurePosixPath

from anyftp._fs._path_locks import PathLocks

A, B = PurePosixPath("/a"), PurePosixPath("/b")


def test_another_path_is_free_and_the_same_is_not() -> None:
    locks = PathLocks()
    entered = threading.Event()

    def enter(path: PurePosixPath) -> threading.Thread:
        def run() -> None:
            with locks.held(path):
                entered.set()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with locks.held(A):
        other = enter(B)
        assert entered.wait(5)
        other.join()
        entered.clear()
        same = enter(A)
        assert not entered.wait(0.05)
    assert entered.wait(5)
    same.join()


def test_two_that_take_the_same_pair_the_other_way_round() -> None:
    locks = PathLocks()
    counts = {A: 0, B: 0}

    def run(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(300):
            paths = chance.choice([(A, B), (B, A), (A,), (B,), (A, A)])
            with locks.held(*paths):
                for path in set(paths):
                    counts[path] += 1

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert not locks._locks
