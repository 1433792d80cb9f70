"""What has been found about two folders, put together and made a plan of."""

from __future__ import annotations

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from anyftp._client._mirroring._findings import Findings

PATHS = st.sampled_from([PurePosixPath(name) for name in ("a", "b", "a/b", "c", "é", "z/y/x")])
VERDICTS = st.sampled_from(["unchanged", "transfer", "replace", "skipped"])
FINDINGS = st.builds(
    Findings,
    make=st.sets(PATHS),
    verdicts=st.dictionaries(PATHS, VERDICTS),
    doomed=st.dictionaries(PATHS, st.booleans()),
    spared=st.sets(PATHS),
    late=st.sets(PATHS),
    target_count=st.integers(0, 9),
    sizes=st.dictionaries(PATHS, st.integers(0, 9)),
)


def test_nothing_found_is_nothing_to_do() -> None:
    plan = Findings().plan()
    assert not any((plan.make, plan.delete, plan.transfer, plan.replace, plan.skipped, plan.sizes))
    assert plan.unchanged == ()


@given(FINDINGS)
def test_a_plan_has_each_file_under_its_verdict_and_all_in_order(findings: Findings) -> None:
    plan = findings.plan()
    by_verdict = {
        "transfer": plan.transfer,
        "replace": plan.replace,
        "unchanged": plan.unchanged,
        "skipped": plan.skipped,
    }
    told = [(path, verdict) for verdict, paths in by_verdict.items() for path in paths]
    assert len(told) == len(findings.verdicts)
    assert dict(told) == findings.verdicts
    assert set(plan.make) == findings.make
    assert set(plan.delete) == set(findings.doomed)
    for paths in (plan.make, plan.delete, *by_verdict.values()):
        assert list(paths) == sorted(paths)


def copied(findings: Findings) -> Findings:
    whole = Findings()
    whole.add(findings)
    return whole


@given(FINDINGS, FINDINGS)
def test_what_was_found_elsewhere_is_added_and_nothing_forgotten(
    one: Findings, other: Findings
) -> None:
    both = copied(one)
    both.add(other)
    assert both.make == one.make | other.make
    assert both.spared == one.spared | other.spared
    assert both.late == one.late | other.late
    assert both.target_count == one.target_count + other.target_count
    for name in ("verdicts", "doomed", "sizes"):
        mine, theirs, found = (getattr(each, name) for each in (one, other, both))
        assert found == {**mine, **theirs}


@given(FINDINGS, FINDINGS)
def test_adding_leaves_the_other_alone(one: Findings, other: Findings) -> None:
    before = copied(other)
    both = copied(one)
    both.add(other)
    both.make.add(PurePosixPath("new"))
    both.verdicts[PurePosixPath("new")] = "transfer"
    assert other == before
