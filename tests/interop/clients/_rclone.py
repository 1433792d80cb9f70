"""rclone, in Go: several connections that share one cache of TLS sessions; MLSD, MFMT."""

from __future__ import annotations

from pathlib import Path

from interop.clients._interface import FtpClient, Place, program, run


class Rclone(FtpClient):
    modes = ("passive",)
    cannot = ("resume_download", "resume_upload")

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._program = program("rclone")

    def list(self) -> str:
        return self.run("lsl", self.at("")) + self.run("lsf", self.at(""))

    def download(self, name: str, target: Path, *, resume: bool = False) -> None:
        self.run("copyto", self.at(name), str(target))

    def upload(self, source: Path, name: str, *, offset: int = 0) -> None:
        self.run("copyto", str(source), self.at(name))

    def rename(self, old: str, new: str) -> None:
        self.run("moveto", self.at(old), self.at(new))

    def delete(self, name: str) -> None:
        self.run("deletefile", self.at(name))

    def make_directory(self, name: str) -> None:
        self.run("mkdir", self.at(name))

    def at(self, name: str) -> str:
        """A path on the server, as rclone writes it."""
        place = self.place
        password = run(self._program, "obscure", place.password).strip()
        host = f"[{place.host}]" if ":" in place.host else place.host
        words = {"host": host, "port": place.port, "user": place.user, "pass": password}
        if place.tls != "off":
            words |= {f"{place.tls}_tls": "true", "no_check_certificate": "true"}
        if place.tls == "implicit":
            words["tls"] = words.pop("implicit_tls")
        settings = ",".join(f'{key}="{value}"' for key, value in words.items())
        return f":ftp,{settings}:{place.folder}/{name}"

    def run(self, *words: str) -> str:
        """Run rclone with these words, and with no settings of whoever runs the tests."""
        return run(
            self._program, "--config", "", "--retries", "1", "--low-level-retries", "1", *words
        )
