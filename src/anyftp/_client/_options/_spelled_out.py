"""Methods that take their options by `Unpack`, as people meet them at run time.

Editors and type checkers spell out what a `TypedDict` holds. `help`, completion in a shell, and the
pages, which ask at run time, need to be told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def spelled_out(options: type, defaults: type) -> Callable[[_Function], _Function]:
    """Give a function a signature that has each of its options by name.

    Args:
        options: the `TypedDict` that it takes by `Unpack`.
        defaults: the dataclass that is made of them.
    """

    def spell(function: _Function) -> _Function:
        given = signature(function)
        plain = [each for each in given.parameters.values() if each.kind != Parameter.VAR_KEYWORD]
        named = _parameters(options, defaults)
        vars(function)["__signature__"] = Signature(
            [*plain, *named], return_annotation=given.return_annotation
        )
        vars(function)["__options__"] = options
        return function

    return spell


def _parameters(options: type, defaults: type) -> list[Parameter]:
    default_of = {
        each.name: each.default if each.default is not MISSING else Parameter.empty
        for each in fields(defaults)
    }
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=default_of[name],
            annotation=getattr(annotation, "__forward_arg__", annotation),
        )
        for name, annotation in options.__annotations__.items()
    ]
