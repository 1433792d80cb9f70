"""A scripted server with a tree of files in memory, and what lies below a local folder."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

from client.peer import Peer, send_data, stor


class Tree:
    """A remote tree: contents of files by path; folders end in a slash.

    Attributes:
        content: what there is.
        times: of the last change, as MLSD writes them; files without one have none told.
        facts: further facts of a path, each with its semicolon.
    """

    def __init__(self, content: dict[str, bytes], times: dict[str, str] | None = None) -> None:
        self.content = content
        self.times = {} if times is None else times
        self.facts: dict[str, str] = {}

    def peer(self, **answers: Any) -> Peer:
        known = {"RETR": self.retr, "STOR": self.stor, "MLSD": self.mlsd, "MLST": self.mlst}
        known |= {"MKD": self.mkd, "RMD": self.rmd, "DELE": self.dele}
        known |= {"SIZE": self.size, "MFMT": self.mfmt, "MDTM": self.mdtm}
        return Peer(**{**known, **answers})

    async def retr(self, peer: Peer, argument: str) -> None:
        content = self.content.get(absolute(argument))
        if content is None:
            return await peer.say("550 not a plain file")
        return await send_data(peer, content, f"150 here it comes ({len(content)} bytes)")

    async def stor(self, peer: Peer, argument: str) -> None:
        path = absolute(argument)
        if path + "/" in self.content or str(PurePosixPath(path).parent / "x")[:-1] not in [
            *self.content,
            "/",
        ]:
            return await peer.say("553 cannot write that")
        await stor(peer, argument)
        assert peer.received is not None
        self.content[path] = peer.received
        self.times.pop(path, None)
        return None

    async def size(self, peer: Peer, argument: str) -> None:
        content = self.content.get(absolute(argument))
        await peer.say("550 not a plain file" if content is None else f"213 {len(content)}")

    async def mkd(self, peer: Peer, argument: str) -> None:
        path = absolute(argument) + "/"
        if path in self.content or f"{os.path.dirname(path[:-1])}/" not in [*self.content, "//"]:
            return await peer.say("550 exists, or its folder does not")
        self.content[path] = b""
        return await peer.say("257 made")

    async def rmd(self, peer: Peer, argument: str) -> None:
        path = absolute(argument) + "/"
        if [other for other in self.content if other.startswith(path)] != [path]:
            return await peer.say("550 not an empty folder")
        del self.content[path]
        return await peer.say("250 removed")

    async def dele(self, peer: Peer, argument: str) -> None:
        if self.content.pop(absolute(argument), None) is None:
            return await peer.say("550 no such file")
        return await peer.say("250 removed")

    async def mfmt(self, peer: Peer, argument: str) -> None:
        time, _, path = argument.partition(" ")
        self.times[absolute(path)] = time
        await peer.say(f"213 Modify={time}; {path}")

    async def mdtm(self, peer: Peer, argument: str) -> None:
        time = self.times.get(absolute(argument))
        await peer.say("550 no such file" if time is None else f"213 {time}")

    async def mlst(self, peer: Peer, argument: str) -> None:
        path = absolute(argument)
        if path == "/" or path + "/" in self.content:
            return await peer.say(f"250-\r\n type=dir; {path}\r\n250 end")
        if path in self.content:
            size = len(self.content[path])
            return await peer.say(f"250-\r\n type=file;size={size}; {path}\r\n250 end")
        return await peer.say("550 no such file")

    async def mlsd(self, peer: Peer, argument: str) -> None:
        folder = absolute(argument).rstrip("/") + "/"
        if folder not in [*self.content, "/"]:
            return await peer.say("550 no such folder")
        lines = [f"type=cdir;{self.facts.get(folder, '')} {folder}"]
        lines += [self._line(path) for path in self.content if is_in(path, folder)]
        return await send_data(peer, "".join(f"{line}\r\n" for line in lines).encode())

    def _line(self, path: str) -> str:
        facts = "type=dir;" if path.endswith("/") else f"type=file;size={len(self.content[path])};"
        if time := self.times.get(path):
            facts += f"modify={time};"
        return f"{facts}{self.facts.get(path, '')} {os.path.basename(path.rstrip('/'))}"


class RenamingTree(Tree):
    """A tree whose files can be renamed."""

    _renamed = ""

    def peer(self, **answers: Any) -> Peer:
        return super().peer(**{"RNFR": self.rnfr, "RNTO": self.rnto, **answers})

    async def rnfr(self, peer: Peer, argument: str) -> None:
        self._renamed = absolute(argument)
        await peer.say("350 and now?")

    async def rnto(self, peer: Peer, argument: str) -> None:
        self.content[absolute(argument)] = self.content.pop(self._renamed)
        if time := self.times.pop(self._renamed, None):
            self.times[absolute(argument)] = time
        await peer.say("250 renamed")


class ManglingTree(RenamingTree):
    """A tree whose server keeps "name " as "name_" and answers to both, as pure-ftpd does."""

    def peer(self, **answers: Any) -> Peer:
        verbs = ("RETR", "STOR", "MLSD", "MLST", "MKD", "RMD", "DELE", "SIZE", "MDTM", "MFMT")
        mangled = {verb: self._mangled(verb.lower()) for verb in (*verbs, "RNFR", "RNTO")}
        return super().peer(**{**mangled, **answers})

    def _mangled(self, name: str) -> Any:
        answer = getattr(self, name)

        async def mangled(peer: Peer, argument: str) -> None:
            time, blank, path = argument.partition(" ") if name == "mfmt" else ("", "", argument)
            await answer(peer, time + blank + path.replace(" ", "_"))

        return mangled


def is_in(path: str, folder: str) -> bool:
    """Whether a path is directly in a folder."""
    name = path.removeprefix(folder)
    return path.startswith(folder) and name != "" and "/" not in name.rstrip("/")


def absolute(path: str) -> str:
    return os.path.normpath(os.path.join("/", path))


def on_disk(folder: Path) -> dict[str, bytes]:
    """What lies below a folder, in the manner of Tree.content."""
    return {
        f"{path.relative_to(folder)}{'/' if path.is_dir() else ''}": b""
        if path.is_dir()
        else path.read_bytes()
        for path in folder.rglob("*")
    }
