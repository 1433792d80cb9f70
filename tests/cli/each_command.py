"""A line of each command, and a server where all of them succeed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.serving import anyftp_serve

CONTENT = "hello\n" * 100
#: A line of each command that needs no terminal. {url} has a file `f` and a folder `d`.
LINES = {
    "get": "get -q {url}/f {here}/out",
    "put": "put -q {here}/local {url}/new",
    "mirror": "mirror -q {url}/d {here}/d",
    "sync": "sync -q {here}/e {url}/d --state {here}/state",
    "ls": "ls {url}/",
    "tree": "tree {url}/",
    "find": "find {url}/",
    "du": "du {url}/",
    "stat": "stat {url}/f",
    "cat": "cat {url}/f",
    "head": "head {url}/f",
    "tail": "tail {url}/f",
    "rm": "rm {url}/none",
    "mv": "mv {url}/none {url}/other",
    "mkdir": "mkdir -p {url}/made",
    "chmod": "chmod 644 {url}/f",
    "quote": "quote {url}/ NOOP",
    "shell": "shell {url}/ -c ls",
    "bookmark": "bookmark",
    "doctor": "doctor {url}/",
    "serve": "serve {here} --port 0",
    "passwd": "passwd {here}/users alice --password-stdin",
    "demo": "demo --size 64K --limit-rate 1M",
}


def line_of(name: str, url: str, here: Path) -> list[str]:
    """The words of a command's line; the local file that it may want is there."""
    (here / "local").write_text("hello\n", "utf-8")
    return LINES[name].format(url=url, here=here).split()


@contextmanager
def served_for_all(folder: Path) -> Iterator[str]:
    """Serve a folder to somebody who may do everything; gives the URL that says so."""
    with anyftp_serve(folder, "--user", "me:secret") as port:
        yield f"ftp://me:secret@127.0.0.1:{port}"


def fill(folder: Path) -> None:
    """Have there, each time again, what commands move and remove."""
    (folder / "d").mkdir(exist_ok=True)
    (folder / "made").mkdir(exist_ok=True)
    (folder / "made").rmdir()
    (folder / "other").unlink(missing_ok=True)
    for name in ("f", "none", "d/g", "grün-\u6587"):
        (folder / name).write_text(CONTENT, "utf-8")
