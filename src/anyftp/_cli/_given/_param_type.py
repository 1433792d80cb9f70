"""Types of parameters: what click calls one, and one of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    ParamType: TypeAlias = click.ParamType[Any]
else:
    ParamType = click.ParamType  # not generic before click 8.4


class Place(click.Path):
    """The name of a file or folder, here or there; never an empty one.

    `"$UNSET"` of a shell is empty, and would mean the folder where we are, or the whole server.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what is empty."""
        if not os.fspath(value):
            self.fail("an empty word names no file or folder", param, ctx)
        return super().convert(value, param, ctx)
