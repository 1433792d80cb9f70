"""What can be measured here: the programs and libraries present, and a certificate."""

import functools
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

PREFIXES = (os.environ.get("ANYFTP_DAEMONS", "/opt/ftpd-prefix"), "/")


@functools.cache
def program(name: str) -> str | None:
    """The path of a program, looked for on PATH and where servers are unpacked."""
    found = shutil.which(name)
    if found:
        return found
    for prefix in PREFIXES:
        for folder in ("usr/sbin", "usr/bin"):
            path = Path(prefix, folder, name)
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
    return None


def missing_program(name: str) -> str | None:
    """Why a program cannot take part, or None."""
    return None if program(name) else f"{name} is not installed"


def missing_module(*names: str) -> str | None:
    """Why contestants that need these modules cannot take part, or None."""
    for name in names:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return f"{name} is not installed"
    return None


def missing_backend(backend: str) -> str | None:
    """Why a backend cannot take part, or None."""
    return None if backend == "asyncio" else missing_module(backend)


def versions() -> dict[str, str]:
    """The versions of what was compared."""
    found = {}
    for name in ("anyio", "trio", "uvloop", "aioftp", "pyftpdlib"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    for name, option in (("curl", "--version"),):
        path = program(name)
        line = (
            subprocess.run([path, option], capture_output=True, check=False).stdout if path else b""
        )
        found[name] = " ".join(line.decode().split()[1:2]) or "absent"
    for name in ("vsftpd", "pure-ftpd"):
        found[name] = "present" if program(name) else "absent"
    return found


def certificate(folder: Path) -> Path:
    """A fresh self-signed certificate with its key in one PEM file.

    Raises:
        RuntimeError: trustme, which makes it, is not installed.
    """
    try:
        import trustme
    except ImportError:
        raise RuntimeError("trustme is not installed") from None
    path = folder / "server.pem"
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    path.write_bytes(issued.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())
    path.chmod(0o644)
    return path
