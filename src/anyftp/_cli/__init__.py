"""The `anyftp` command: a thin, scriptable face on the library.

Each command is a module (`_get`, `_put`, `_mirror`, `_ls`, `_serve`, `_passwd`, `_demo`); beside
them one module an idea: what a URL is, what a rate is, how a failure is told, how a backend runs,
how progress is drawn. Nothing here is needed by the library, and little but the public face of
`anyftp` is used.

rich, cryptography and tomlkit are imported where they are used: `anyftp --help` stays quick.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

#: What the extra `cli` brings.
REQUIRED = ("click", "rich", "cryptography", "tomlkit")


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        needs = ", ".join(missing)
        sys.exit(f"anyftp: the command needs {needs}: python -m pip install 'anyftp[cli]'")
    from anyftp._cli._main import anyftp

    anyftp(prog_name="anyftp")
