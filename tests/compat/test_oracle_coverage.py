"""Every public method of aioftp's has a program that is run on aioftp and here, and compared.

Which files compare which classes is said below; a method that none of them uses fails.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat
from anyftp_compat import common, pathio

HERE = Path(__file__).parent

CLIENT = ("client", "parsers")
ABOUT: dict[type[Any], tuple[str, ...]] = {
    anyftp_compat.Client: CLIENT,
    anyftp_compat.BaseClient: CLIENT,
    anyftp_compat.Server: ("server",),
    anyftp_compat.User: ("server",),
    anyftp_compat.Permission: ("server",),
    anyftp_compat.AbstractUserManager: ("server",),
    anyftp_compat.MemoryUserManager: ("server",),
    anyftp_compat.AvailableConnections: ("server",),
    anyftp_compat.ConnectionConditions: ("server",),
    anyftp_compat.PathConditions: ("server",),
    anyftp_compat.PathPermissions: ("server",),
    anyftp_compat.AbstractPathIO: ("pathio",),
    anyftp_compat.PathIO: ("pathio",),
    anyftp_compat.AsyncPathIO: ("pathio",),
    anyftp_compat.MemoryPathIO: ("pathio",),
    anyftp_compat.PathIONursery: ("pathio",),
    pathio.AsyncPathIOContext: ("pathio",),
    pathio.Node: ("pathio",),
    anyftp_compat.StreamIO: ("streams",),
    anyftp_compat.ThrottleStreamIO: ("streams",),
    anyftp_compat.DataConnectionThrottleStreamIO: ("streams", "client"),
    anyftp_compat.Throttle: ("streams",),
    anyftp_compat.StreamThrottle: ("streams",),
    anyftp_compat.AsyncStreamIterator: ("streams",),
    anyftp_compat.AbstractAsyncLister: ("streams",),
    anyftp_compat.AsyncListerMixin: ("streams",),
    anyftp_compat.Code: ("streams",),
    anyftp_compat.Connection: ("streams",),
    anyftp_compat.SSLSessionBoundContext: ("helpers",),
}

FUNCTIONS = {
    "async_enterable": "streams",
    "defend_file_methods": "pathio",
    "setlocale": "helpers",
    "universal_exception": "pathio",
    "with_timeout": "streams",
    "worker": "server",
    "wrap_into_codes": "streams",
    "wrap_with_container": "streams",
}

#: Deliberately another thing here; rows of docs/design/compat.md with tests of their own.
DIFFERENT = {"Server.dispatcher", "Server.greeting"}

#: Attributes of enumerations and named tuples are values, not methods.
VALUES = {"GetUserResponse", "Stats", "count", "index"}


def words_of(name: str) -> set[str]:
    """Names used in a file of tests, and words in its strings: verbs, and methods by name."""
    tree = ast.parse((HERE / f"test_oracle_{name}.py").read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=word) | ast.Name(id=word) | ast.keyword(arg=str(word)):
                found.add(word)
            case ast.Constant(value=str(text)):
                found.update(re.findall(r"\w+", text))
    return found


def public_methods(kind: type[Any]) -> list[str]:
    foreign = {*dir(object), *dir(str), *dir(dict), *dir(tuple)}
    own = [name for name in dir(kind) if not name.startswith("_") and name not in VALUES]
    if issubclass(kind, str | dict | tuple) or kind is anyftp_compat.SSLSessionBoundContext:
        own = [name for name in own if name in vars(kind)]
    else:
        foreign = set(dir(object))
    return [name for name in own if name not in foreign and callable(getattr(kind, name))]


@pytest.mark.parametrize("kind", ABOUT)
def test_the_methods_are_compared(kind: type[Any]) -> None:
    oracle = pytest.importorskip("aioftp", reason="aioftp is not installed")
    theirs = getattr(oracle, kind.__name__, None) or getattr(oracle.pathio, kind.__name__)
    used = {word for each in ABOUT[kind] for word in words_of(each)}
    forgotten = {
        name
        for name in public_methods(kind)
        if f"{kind.__name__}.{name}" not in DIFFERENT
        and hasattr(theirs, name)
        and name not in used
        and not (kind is anyftp_compat.Server and name.rstrip("_").upper() in used)
    }
    assert forgotten == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_is_compared(name: str) -> None:
    assert name in words_of(FUNCTIONS[name])


def test_no_class_and_no_function_is_forgotten() -> None:
    names = {*anyftp_compat.__all__, *common.__all__, *pathio.__all__}
    told = {kind.__name__ for kind in ABOUT} | set(FUNCTIONS)
    for name in names:
        value = getattr(anyftp_compat, name)
        if inspect.isclass(value) and issubclass(value, Exception | dict):
            continue
        if inspect.isclass(value) or inspect.isfunction(value):
            assert name in told, name
