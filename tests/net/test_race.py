"""Attempts that are begun one after the other: who wins when, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from anyftp._net._race import STAGGER_SECONDS, NothingArrived, first_to_arrive, in_turns
from support.cancelling import cancelled_everywhere
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@dataclass
class Course:
    """Attempts that take their time, then arrive or fail; it notes when each began."""

    begun: dict[str, float] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)
    origin: float = field(default_factory=anyio.current_time)

    def attempt(
        self, name: str, seconds: float, *, fails: bool = False
    ) -> Callable[[], Coroutine[Any, Any, str]]:
        async def run() -> str:
            self.begun[name] = anyio.current_time() - self.origin
            try:
                await anyio.sleep(seconds)
            except anyio.get_cancelled_exc_class():
                self.cancelled.append(name)
                raise
            if fails:
                raise OSError(name)
            return name

        return run

    async def run(self, *attempts: Callable[[], Coroutine[Any, Any, str]]) -> str:
        return await first_to_arrive(attempts, self.discarded.append)


async def test_the_first_that_is_quick_runs_alone() -> None:
    course = Course()
    assert await course.run(course.attempt("a", 0.2), course.attempt("b", 0.0)) == "a"
    assert course.begun == {"a": 0.0}
    assert anyio.current_time() - course.origin == pytest.approx(0.2)


async def test_a_slow_one_gets_company_after_a_quarter_of_a_second() -> None:
    course = Course()
    attempts = [course.attempt("a", 9), course.attempt("b", 9), course.attempt("c", 0.1)]
    assert await course.run(*attempts) == "c"
    assert course.begun == pytest.approx({"a": 0.0, "b": STAGGER_SECONDS, "c": 2 * STAGGER_SECONDS})
    assert sorted(course.cancelled) == ["a", "b"], "nobody runs on"
    assert anyio.current_time() - course.origin == pytest.approx(2 * STAGGER_SECONDS + 0.1)


async def test_a_slow_one_may_still_win() -> None:
    course = Course()
    assert await course.run(course.attempt("a", 0.3), course.attempt("b", 9)) == "a"
    assert course.cancelled == ["b"]


async def test_a_failure_lets_the_next_one_begin_at_once() -> None:
    course = Course()
    attempts = [course.attempt("a", 0.1, fails=True), course.attempt("b", 0.0)]
    assert await course.run(*attempts) == "b"
    assert course.begun["b"] == pytest.approx(0.1)


async def test_all_failures_are_told_in_order() -> None:
    course = Course()
    attempts = [course.attempt("a", 1.0, fails=True), course.attempt("b", 0.1, fails=True)]
    with pytest.raises(NothingArrived, match="a; b") as caught:
        await course.run(*attempts)
    assert [str(failure) for failure in caught.value.failures] == ["a", "b"]
    assert anyio.current_time() - course.origin == pytest.approx(1.0)


async def test_of_two_that_arrive_together_one_is_discarded() -> None:
    """Neither is lost, as an open socket would be."""
    for seconds in (0.5, 0.25 + 1e-9, 0.75):
        course = Course()
        late = max(0.0, seconds - STAGGER_SECONDS)
        first = await course.run(course.attempt("a", seconds), course.attempt("b", late))
        known = [first, *course.discarded, *course.cancelled]
        assert sorted(known) == ["a", "b"]


async def test_cancelled_anywhere_nothing_stays() -> None:
    courses: list[Course] = []
    winners: list[str] = []

    async def scenario() -> None:
        courses.append(Course())
        winners.clear()
        course = courses[-1]
        attempts = [course.attempt("a", 1), course.attempt("b", 0.0, fails=True)]
        winners.append(await course.run(*attempts, course.attempt("c", 0.1)))

    seen_cancelled = 0
    async for is_cancelled in cancelled_everywhere(scenario):
        course = courses[-1]
        seen_cancelled += is_cancelled
        failed = ["b"] if "b" in course.begun and "b" not in course.cancelled else []
        ended = [*course.cancelled, *course.discarded, *failed, *winners]
        assert sorted(ended) == sorted(course.begun)
        assert bool(winners) is not is_cancelled
    assert seen_cancelled > 3


async def test_a_fault_of_ours_is_no_failure_to_connect() -> None:
    async def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        await first_to_arrive([broken], print)
    assert caught.group_contains(ZeroDivisionError)


@pytest.mark.parametrize(
    ("items", "ordered"),
    [
        pytest.param("", "", id="none"),
        pytest.param("a", "a", id="one"),
        pytest.param("abc", "abc", id="one-kind"),
        pytest.param("abAB", "aAbB", id="two-kinds"),
        pytest.param("ABab", "AaBb", id="the-kind-of-the-first-is-first"),
        pytest.param("aABCb", "aAbBC", id="more-of-one-kind"),
    ],
)
def test_kinds_in_turns(items: str, ordered: str) -> None:
    assert "".join(in_turns(items, str.isupper)) == ordered
