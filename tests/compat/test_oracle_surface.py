"""Every name, signature, class and attribute of the aioftp that is installed, by inspection."""

from __future__ import annotations

import importlib
import inspect
import types
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict

import pytest

import anyftp_compat

MODULES = ("client", "common", "errors", "pathio", "server")

#: What aioftp's modules import from the standard library to annotate and to declare with; they are
#: no part of what it offers. Modules of the standard library are there: patches reach through them.
FOREIGN = {
    *("abc", "collections.abc", "concurrent.futures._base", "contextlib", "os", "pathlib"),
    "typing",
}

#: Rows of docs/design/compat.md: names with an underscore that nothing here corresponds to.
PRIVATE = {"_now", "_with_timeout"}

#: Parameters whose defaults differ: `{}` was shared by all streams.
DEFAULTS = {"throttles"}


@pytest.fixture(autouse=True)
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


def modules(name: str) -> tuple[Any, Any]:
    return tuple(importlib.import_module(f"{top}.{name}") for top in ("aioftp", "anyftp_compat"))  # type: ignore[return-value]


def is_foreign(value: Any) -> bool:
    """Whether a value comes from the standard library and is no module."""
    home = str(getattr(value, "__module__", None))
    return (
        home in FOREIGN
        or home.startswith("pathlib.")
        or any(value is each for each in (TYPE_CHECKING, TypedDict, TracebackType))
    )


def own_names(module: Any) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("__") and name not in PRIVATE and not is_foreign(value)
    ]


def parameters(function: Any) -> list[inspect.Parameter] | None:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def shown(default: Any) -> str:
    return default.__name__ if inspect.isclass(default) else repr(default)


def check_accepts(theirs: Any, ours: Any, where: str) -> None:
    """Each call that theirs understands, ours understands, with the same defaults."""
    wanted, found = parameters(theirs), parameters(ours)
    if wanted is None or found is None:
        return
    by_name = {parameter.name: parameter for parameter in found}
    takes_any = {parameter.kind for parameter in found}
    for place, parameter in enumerate(wanted):
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            named = len(found) > len(wanted)  # what was `*args` may have got names
            assert parameter.kind in takes_any or named, f"{where}: {parameter}"
            continue
        if parameter.name not in by_name:
            assert parameter.VAR_KEYWORD in takes_any, f"{where}: no {parameter.name}"
            continue
        match = by_name[parameter.name]
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            assert found[place] is match, f"{where}: {parameter.name} is at another place"
            assert match.kind is match.POSITIONAL_OR_KEYWORD, f"{where}: {parameter.name}"
        if parameter.default is not parameter.empty and parameter.name not in DEFAULTS:
            assert shown(match.default) == shown(parameter.default), f"{where}: {parameter.name}"
    names = {parameter.name for parameter in wanted}
    for parameter in found:
        is_asked = parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        )
        assert not is_asked or parameter.name in names, f"{where}: asks for {parameter.name}"


def test_star_import(oracle: Any) -> None:
    assert anyftp_compat.__all__ == oracle.__all__
    assert (anyftp_compat.version, anyftp_compat.__version__) == (
        oracle.version,
        oracle.__version__,
    )
    space: dict[str, Any] = {}
    exec("from anyftp_compat import *", space)
    assert set(oracle.__all__) <= set(space)


@pytest.mark.parametrize("name", MODULES)
def test_names(name: str) -> None:
    theirs, ours = modules(name)
    assert ours.__all__ == theirs.__all__
    assert [each for each in own_names(theirs) if not hasattr(ours, each)] == []


def same_kind(theirs: Any, ours: Any) -> bool:
    if inspect.isclass(theirs) or isinstance(theirs, types.FunctionType):
        return inspect.isclass(ours) == inspect.isclass(theirs) and callable(ours)
    return type(theirs) is type(ours)


@pytest.mark.parametrize("name", MODULES)
def test_kinds_and_values(name: str) -> None:
    theirs, ours = modules(name)
    for each in own_names(theirs):
        wanted, found = getattr(theirs, each), getattr(ours, each)
        assert same_kind(wanted, found), each
        if isinstance(wanted, str | int | float | tuple):
            assert found == wanted, each
        if inspect.isfunction(wanted):
            check_accepts(wanted, found, each)


CLASSES = [
    (module, name)
    for module in MODULES
    for name, value in vars(importlib.import_module(f"anyftp_compat.{module}")).items()
    if inspect.isclass(value) and value.__module__.startswith("anyftp_compat")
]

#: What Python gives to classes by itself, one way or another.
BY_PYTHON = {
    *("__abstractmethods__", "__annotations__", "__class_getitem__", "__dict__", "__doc__"),
    *("__firstlineno__", "__init_subclass__", "__match_args__", "__module__", "__new__"),
    *("__orig_bases__", "__parameters__", "__protocol_attrs__", "__slots__"),
    *("__static_attributes__", "__subclasshook__", "__weakref__", "__getnewargs__"),
    *("__non_callable_proto_members__", "__annotate__", "__annotate_func__"),
    *("__annotations_cache__", "__total__", "__required_keys__", "__optional_keys__"),
    *("__readonly_keys__", "__mutable_keys__", "__reduce__", "__reduce_ex__"),
}

#: aioftp's insides, which programs have no business with.
INSIDES = {
    *("_absolute", "_build_mlsx_facts_from_stats", "_do_epsv", "_do_pasv", "_format_mlsx_time"),
    *("_send_tls_protection_commands", "_start_passive_server"),
}


def members(kind: type[Any]) -> list[str]:
    inherited = {*dir(object), *dir(type("Plain", (), {}))}
    return [
        name
        for name in dir(kind)
        if name not in BY_PYTHON | INSIDES
        and not name.startswith(("_abc_", "_is_"))
        and (name not in inherited or name == "__init__")
    ]


@pytest.mark.parametrize(("module", "name"), CLASSES)
def test_classes(module: str, name: str) -> None:
    theirs, ours = (getattr(each, name, None) for each in modules(module))
    if not inspect.isclass(theirs):
        return
    assert inspect.isclass(ours)
    lineage = dict.fromkeys(base.__name__ for base in ours.__mro__)  # a core class has its name
    wanted = list(dict.fromkeys(base.__name__ for base in theirs.__mro__))
    assert [base for base in lineage if base in wanted] == wanted
    assert getattr(ours, "__abstractmethods__", None) == getattr(
        theirs, "__abstractmethods__", None
    )
    for member in members(theirs):
        where = f"{name}.{member}"
        assert hasattr(ours, member), where
        static = inspect.getattr_static(theirs, member), inspect.getattr_static(ours, member)
        for kind in (property, staticmethod, classmethod):
            assert isinstance(static[0], kind) == isinstance(static[1], kind), where
        if isinstance(static[0], property):
            assert (static[0].fset is None) == (static[1].fset is None), where
        elif callable(getattr(theirs, member)):
            check_accepts(getattr(theirs, member), getattr(ours, member), where)
            assert inspect.iscoroutinefunction(
                getattr(theirs, member)
            ) == inspect.iscoroutinefunction(getattr(ours, member)), where
        elif isinstance(static[0], str | int | float | tuple):
            assert static[0] == static[1], where


def test_fields() -> None:
    """Typed dictionaries and protocols have the same keys, asked for or not."""
    for module, name in CLASSES:
        theirs, ours = (getattr(each, name, None) for each in modules(module))
        if hasattr(theirs, "__total__"):
            for which in ("__required_keys__", "__optional_keys__"):
                assert getattr(theirs, which) == getattr(ours, which), name


def instances(package: Any) -> dict[str, Any]:
    return {
        "User": package.User(),
        "Server": package.Server(),
        "Client": package.Client(),
        "StreamIO": package.StreamIO(None, None),
        "ThrottleStreamIO": package.ThrottleStreamIO(None, None),
        "DataStream": package.DataConnectionThrottleStreamIO(None, None, None, {}),
        "Throttle": package.Throttle(limit=1),
        "Permission": package.Permission(),
        "AvailableConnections": package.AvailableConnections(1),
        "MemoryUserManager": package.MemoryUserManager(None),
        "PathIO": package.PathIO(),
        "AsyncPathIO": package.AsyncPathIO(),
        "MemoryPathIO": package.MemoryPathIO(),
        "PathIONursery": package.PathIONursery(package.PathIO),
        "ConnectionConditions": package.ConnectionConditions(("a", "b")),
        "PathConditions": package.PathConditions(),
        "PathPermissions": package.PathPermissions("readable"),
        "StatusCodeError": package.StatusCodeError("2xx", package.Code("550"), "x"),
        "PathIOError": package.PathIOError(),
        "AsyncStreamIterator": package.AsyncStreamIterator(None),
        "Node": package.pathio.Node("dir", "x", content=[]),
        "file": package.PathIO().open(Path("x")),
    }


#: Accounts of a throttle, which here are the core's.
ACCOUNTS = {"_start", "_sum"}


def test_attributes_of_instances(oracle: Any) -> None:
    ours = instances(anyftp_compat)
    for name, theirs in instances(oracle).items():
        for attribute, value in vars(theirs).items():
            if attribute in ACCOUNTS:
                continue
            assert hasattr(ours[name], attribute), f"{name}.{attribute}"
            found = getattr(ours[name], attribute)
            assert type(found).__name__ == type(value).__name__, f"{name}.{attribute}"
            if isinstance(value, str | int | float | None):
                assert found == value, f"{name}.{attribute}"
