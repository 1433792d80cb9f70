"""gio, the command of GNOME's virtual file systems: what its file manager does."""

from __future__ import annotations

from pathlib import Path

from interop.clients._interface import Absent, Place, program, run

_BACKEND = Path("/usr/lib/gvfs/gvfsd-ftp")


class Gio:
    """At a folder of a server, in a session of its own on D-Bus."""

    def __init__(self, place: Place) -> None:
        for name in ("gio", "dbus-run-session"):
            program(name)
        if not _BACKEND.exists():
            raise Absent(f"no {_BACKEND} on this machine (see .ci/run)")
        self._place = place
        self.url = f"ftp://{place.user}@{place.host}:{place.port}{place.folder}/"

    def script(self, *lines: str) -> str:
        """Mount the server and run these commands; gives what they print."""
        mount = f"gio mount '{self.url}' <<< '{self._place.password}'"
        unmount = f"gio mount -u '{self.url}'"
        return run("dbus-run-session", "bash", "-e", "-c", "\n".join([mount, *lines, unmount]))
