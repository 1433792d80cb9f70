"""Without any extra: all names of the package can be had, and what needs one says which."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from anyftp._extras import importing

#: What the extras bring. A process that is begun by this has none of it.
WITHOUT_EXTRAS = """
import sys

sys.modules.update(dict.fromkeys(sys.argv.pop(1).split()))  # None: cannot be imported

def needs(extra, what):
    try:
        what()
    except ImportError as error:
        assert str(error).endswith(f'python -m pip install "anyftp[{extra}]"'), error
    else:
        raise AssertionError(f"{extra} is not needed")
"""
BROUGHT = (
    "argon2 click coredis cryptography distributed fsspec hypercorn platformdirs prometheus_client"
    " prompt_toolkit pytest python_socks rich starlette tomlkit trio trustme uvloop watchfiles"
)


def run_without_extras(program: str) -> None:
    command = [sys.executable, "-c", WITHOUT_EXTRAS + program, BROUGHT]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def test_all_names_can_be_had_without_any_extra() -> None:
    run_without_extras(
        """
for package in ("anyftp", "anyftp.events", "anyftp.testing", "anyftp_compat"):
    exec(f"from {package} import *")
from anyftp.shared import SharedCounts

SharedCounts("sqlite:///tmp/counts", "name")
"""
    )


def test_what_needs_an_extra_says_which() -> None:
    run_without_extras(
        """
import importlib
from functools import partial
import anyio
import anyftp, anyftp.shared, anyftp.testing

for module in ("distributed", "fsspec", "prometheus", "status"):
    needs(module, partial(importlib.import_module, f"anyftp.{module}"))
needs("redis", lambda: anyftp.shared.SharedThrottle)
needs("redis", lambda: anyftp.shared.SharedCounts("redis://h"))
needs("socks", lambda: anyftp.proxy_dialler("socks5://h:1"))
needs("fsspec", lambda: anyftp.FsspecFileSystem.from_url("memory://"))
argon2 = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"
needs("argon2", lambda: anyftp.User("me", argon2, file_system=anyftp.MemoryFileSystem()))
needs("pytest", lambda: anyftp.testing.RiggedServer(tls="explicit").__enter__())
one, other = anyftp.testing.memory_stream_pair()
needs("trio", lambda: anyftp.as_trio_stream(one))
"""
    )


def test_what_is_missing_is_named() -> None:
    with (
        pytest.raises(
            ImportError,
            match=r'^a thing needs no_such_module: python -m pip install "anyftp\[xy\]"$',
        ),
        importing("xy", "a thing"),
    ):
        import_module("no_such_module")


def test_other_errors_of_imports_stay_what_they_are() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Cleint'"), importing("xy", "it"):
        exec("from anyftp import Cleint")
