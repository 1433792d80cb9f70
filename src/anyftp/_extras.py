"""What an import error says of an extra that is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing(extra: str, what: str) -> Iterator[None]:
    """Have an import of something that is not installed say what to install.

    Args:
        extra: the extra that brings it.
        what: who needs it.

    Raises:
        ImportError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        needs = f"{what} needs {error.name}"
        raise ImportError(f'{needs}: python -m pip install "anyftp[{extra}]"') from error
