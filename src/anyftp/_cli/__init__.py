"""The `anyftp` command: a thin, scriptable face on the library.

Each command is a module (`_get`, `_put`, `_mirror`, `_ls`, `_serve`, `_passwd`, `_demo`); beside
them one module an idea: what a URL is, what a rate is, how a failure is told, how a backend runs,
how progress is drawn. Nothing here is needed by the library, and little but the public face of
`anyftp` is used.

rich, cryptography and tomlkit are imported where they are used: `anyftp --help` stays quick.
"""

from __future__ import annotations

import io
import os
import sys
from importlib.util import find_spec

#: What the extra `cli` brings.
REQUIRED = ("click", "rich", "cryptography", "tomlkit", "platformdirs")


def main() -> None:
    """Run the command with the arguments of this process, and exit; by way of `anyftp_command`."""
    try:
        _prepare_standard_streams()
        missing = [name for name in REQUIRED if find_spec(name) is None]
        if missing:
            needs = ", ".join(missing)
            sys.exit(f'anyftp: the command needs {needs}: python -m pip install "anyftp[cli]"')
        from anyftp._cli._main import anyftp

        anyftp(prog_name="anyftp")
    finally:
        _settle_output()


def _prepare_standard_streams() -> None:
    """Let no socket take the number of a standard stream that is closed; print what can be printed.

    A stream that is closed fails when it is used, and not before. A terminal that cannot show a
    name is shown an escape.
    """
    for number, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free, which is this one
    # Of what is closed Python has made None, whatever its stubs say.
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _settle_output() -> None:
    """Drop what standard output did not take, which has been told: the interpreter would again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
