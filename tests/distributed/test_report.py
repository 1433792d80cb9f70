"""What a mirror came to, as its workers tell."""

from __future__ import annotations

from anyftp.distributed._report import BatchReport, summary


def test_the_workers_reports_are_put_together() -> None:
    reports = [
        BatchReport("one", files=2, nbytes=100, failed=[("a", "no")]),
        BatchReport("two", files=1, nbytes=50, skipped=3, unverified=["b"]),
        BatchReport("one", files=4, nbytes=50),
    ]
    told = summary(reports, seconds=4.0, planned=11, same=5)
    assert (told.files, told.nbytes, told.rate) == (10, 200, 50.0)
    assert (told.planned, told.same) == (11, 5)
    assert told.by_worker == {"one": 6, "two": 1}
    assert (told.failed, told.unverified) == ((("a", "no"),), ("b",))


def test_of_nothing() -> None:
    told = summary([], seconds=0.0, planned=0, same=0)
    assert (told.files, told.nbytes, told.rate) == (0, 0, 0.0)
