"""Every public name of aioftp 0.28.3 is there, and accepts what aioftp's accepts.

surface.json lists the names, what they are, and their parameters, as found by inspection.
"""

from __future__ import annotations

import enum
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat as aioftp

SURFACE: dict[str, Any] = json.loads(Path(__file__).with_name("surface.json").read_text("utf-8"))

#: Defaults that are another object here: `{}` was shared by all streams.
DELIBERATE = {("ThrottleStreamIO", "throttles")}

#: What the seed's text has by position where 0.28.3 wants names: both are accepted.
ALSO_BY_POSITION: list[tuple[type[Any], tuple[Any, ...]]] = [
    (aioftp.StreamIO, (None, None, 1.0, 2.0, 3.0)),
    (aioftp.ThrottleStreamIO, (None, None, {}, 1.0, 2.0, 3.0)),
    (aioftp.DataConnectionThrottleStreamIO, (None, None, None, {}, 1.0, 2.0, 3.0)),
    (aioftp.Throttle, (100, 10)),
]


def parameters_of(function: Any) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(function).parameters)


def check_parameters(function: Any, wanted: list[str], where: str) -> None:
    """Each parameter is there, by position where aioftp has it so, with the same default."""
    found = parameters_of(function)
    by_position = True
    position = 0
    names = list(found)
    for text in wanted:
        name, _, default = text.partition("=")
        if name in ("*", "/"):
            by_position = by_position and name != "*"
            continue
        if name.startswith("**"):
            assert any(p.kind is p.VAR_KEYWORD for p in found.values()), f"{where}: {name}"
            continue
        if name.startswith("*"):
            assert any(p.kind is p.VAR_POSITIONAL for p in found.values()), f"{where}: {name}"
            by_position = False
            continue
        assert name in found, f"{where}: no parameter {name}"
        parameter = found[name]
        if by_position:
            assert names[position] == name, f"{where}: {name} is not at place {position}"
            assert parameter.kind is not parameter.KEYWORD_ONLY, f"{where}: {name}"
            position += 1
        if default and (where.partition(".")[0], name) not in DELIBERATE:
            check_default(parameter, default, f"{where}: {name}")
    required = {
        name
        for name, parameter in found.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    assert required <= {text.partition("=")[0] for text in wanted if "=" not in text}, where


def check_default(parameter: inspect.Parameter, wanted: str, where: str) -> None:
    default = parameter.default
    text = default.__name__ if inspect.isclass(default) else repr(default)
    text = text.replace("datetime.datetime", "datetime")
    assert text == wanted, f"{where}: {text} instead of {wanted}"


@pytest.mark.parametrize("name", [name for name in SURFACE["constants"] if name != "ListInfo"])
def test_constants(name: str) -> None:
    assert getattr(aioftp, name) == SURFACE["constants"][name]


@pytest.mark.parametrize("name", SURFACE["functions"])
def test_functions(name: str) -> None:
    check_parameters(getattr(aioftp, name), SURFACE["functions"][name], name)


@pytest.mark.parametrize("name", SURFACE["classes"])
def test_classes(name: str) -> None:
    kind = getattr(aioftp, name)
    facts = SURFACE["classes"][name]
    assert inspect.isclass(kind)
    names = {base.__name__ for base in kind.__mro__}
    # aioftp's StreamThrottle inherits from an unnamed namedtuple
    assert set(facts["bases"]) <= names
    if facts["init"] is not None:
        check_parameters(kind, facts["init"], name)


@pytest.mark.parametrize("name", SURFACE["classes"])
def test_members(name: str) -> None:
    for member, (what, wanted) in SURFACE["classes"][name]["members"].items():
        check_member(getattr(aioftp, name), member, what, wanted, f"{name}.{member}")


def check_member(kind: Any, member: str, what: str, wanted: list[str], where: str) -> None:
    assert hasattr(kind, member) or member in getattr(kind, "__slots__", ()), where
    found = inspect.getattr_static(kind, member)
    if what.startswith("property"):
        assert isinstance(found, property), where
        assert (found.fset is not None) == ("settable" in what), where
    elif what in ("staticmethod", "classmethod"):
        assert type(found).__name__ == what, where
        check_parameters(getattr(kind, member), [p for p in wanted if p != "cls"], where)
    elif what != "attribute":
        assert callable(getattr(kind, member)), where
        if what == "async method":
            assert inspect.iscoroutinefunction(inspect.unwrap(getattr(kind, member))), where
        check_parameters(getattr(kind, member), wanted, where)


@pytest.mark.anyio
@pytest.mark.parametrize(("kind", "arguments"), ALSO_BY_POSITION)
async def test_arguments_of_the_text_by_position(
    kind: type[Any], arguments: tuple[Any, ...]
) -> None:
    assert kind(*arguments)


def test_enumeration() -> None:
    responses = aioftp.AbstractUserManager.GetUserResponse
    assert issubclass(responses, enum.Enum)
    assert [response.name for response in responses] == ["OK", "PASSWORD_REQUIRED", "ERROR"]


def test_star_import_gives_aioftps_names() -> None:
    assert set(SURFACE["classes"]) <= set(dir(aioftp))
    assert aioftp.__version__ == SURFACE["version"]


@pytest.mark.parametrize(
    ("kind", "base"), [(aioftp.Client, aioftp.BaseClient), (aioftp.BaseClient, object)]
)
def test_parts_stand_side_by_side(kind: type[object], base: type[object]) -> None:
    """Each part of a client stands on the same small base, and none on another part."""
    assert len(kind.__bases__) > 1
    assert [part.__bases__ for part in kind.__bases__] == [(base,)] * len(kind.__bases__)
