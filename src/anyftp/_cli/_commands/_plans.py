"""Plans of mirrors, written down and read again, so that what was shown is what is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any

import anyftp
from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._ending._status import Status
from anyftp._protocol import visible

#: What is done, and how the lines for people and scripts call it.
DONE = {
    "make": "make",
    "transfer": "transfer",
    "replace": "replace",
    "delete": "delete",
    "skipped": "pass over",
}


def _lists() -> list[str]:
    """The attributes of a plan that are lists of paths."""
    return [field.name for field in fields(anyftp.MirrorPlan) if field.name != "sizes"]


def plan_object(plan: anyftp.MirrorPlan) -> dict[str, Any]:
    """A plan as JSON has it: lists of paths by the names of its attributes; and sizes by path."""
    sizes = {str(path): nbytes for path, nbytes in plan.sizes.items()}
    lists = {name: [str(path) for path in getattr(plan, name)] for name in _lists()}
    return {**lists, "sizes": sizes}


def lines_of(plan: anyftp.MirrorPlan) -> Iterator[str]:
    """One line a thing, in words that a script can look for."""
    for name, word in DONE.items():
        for path in getattr(plan, name):
            yield f"{word}\t{visible(str(path))}"


def read_plan(path: Path) -> anyftp.MirrorPlan:
    """Read what `--print-plan` has printed.

    Raises:
        Failure: there is no plan in the file.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        lists: dict[str, Any] = {name: tuple(map(PurePosixPath, found[name])) for name in _lists()}
        return anyftp.MirrorPlan(**lists)
    except OSError as error:
        raise Failure(describe(error), Status.LOCAL_READ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{path} holds no plan of a mirror", Status.USAGE) from error


def check_same(wanted: anyftp.MirrorPlan, plan: anyftp.MirrorPlan) -> None:
    """See that a plan does what another one said.

    Raises:
        Failure: it does not; with the first difference.
    """
    for name, word in DONE.items():
        odd = set(getattr(wanted, name)) ^ set(getattr(plan, name))
        if odd and name != "skipped":
            some = visible(str(min(odd)))
            is_new = min(odd) in getattr(plan, name)
            what = f"{word} {some}" if is_new else f"no longer {word} {some}"
            raise Failure(f"nothing is done: the plan has changed and would {what}")
