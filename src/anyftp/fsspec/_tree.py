"""What there is on the server and what it is called; listings are remembered for a while."""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from datetime import datetime
from glob import has_magic
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from fsspec.utils import glob_translate

from anyftp.fsspec._entries import Info
from anyftp.fsspec._questions import listing
from anyftp.fsspec._refusals import os_error
from anyftp.fsspec._remote import Remote

if TYPE_CHECKING:

    class AsyncFileSystem:
        """fsspec has no types; what is not ours is anything."""

        def __init__(self, **storage_options: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...
        def open(self, path: Any, mode: str = "rb", **options: Any) -> Any: ...
        def mv(self, path1: Any, path2: Any, **options: Any) -> Any: ...
        def invalidate_cache(self, path: Any = None) -> None: ...
        async def _get(self, *paths: Any, **options: Any) -> Any: ...
        async def _put(self, *paths: Any, **options: Any) -> Any: ...
        async def _pipe(self, *paths: Any, **options: Any) -> Any: ...
        async def _expand_path(self, path: Any, *rest: Any, **options: Any) -> Any: ...
        async def _copy(self, *paths: Any, **options: Any) -> Any: ...
        @classmethod
        def current(cls) -> Any: ...
        @classmethod
        def clear_instance_cache(cls) -> None: ...
else:
    from fsspec.asyn import AsyncFileSystem


#: What a search goes on after.
_PASSED_OVER = (FileNotFoundError, NotADirectoryError, PermissionError)


class Tree(AsyncFileSystem):
    """The part of the file system that changes nothing.

    Attributes:
        remote: the server.
    """

    protocol: ClassVar[Any] = ("anyftp",)
    root_marker = "/"
    remote: Remote
    _nchanges = 0

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        path = os.fspath(path)
        if "://" in path and path.partition("://")[0] in (*_known(cls), "ftp", "ftps"):
            path = path.partition("://")[2].partition("/")[2]
        return "/" + path.strip("/")

    @staticmethod
    def _get_kwargs_from_urls(urlpath: str) -> dict[str, Any]:
        parts = urlsplit(urlpath)
        found: dict[str, Any] = {}
        if parts.hostname:
            found["host"] = parts.hostname
        if parts.port is not None:
            found["port"] = parts.port
        if parts.username:
            found["username"] = unquote(parts.username)
        if parts.password is not None:
            found["password"] = unquote(parts.password)
        return found

    async def _ls(
        self, path: str, detail: bool = True, refresh: bool = False, **options: Any
    ) -> list[Any]:
        path = self._strip_protocol(path)
        infos = None if refresh else self._remembered(path)
        if infos is None:
            changes = self._nchanges
            infos = await self.remote.list(path)
            self._remember(path, infos, changes)
        return infos if detail else sorted(info["name"] for info in infos)

    def _remember(self, path: str, infos: list[Info], changes: int) -> None:
        is_folder = not (len(infos) == 1 and infos[0]["name"] == path)
        if is_folder and changes == self._nchanges:  # else it may be of before the change
            self.dircache[path] = infos

    def _remembered(self, path: str) -> list[Info] | None:
        with suppress(KeyError):
            found: list[Info] = self.dircache[path]
            return found
        return None

    async def _info(self, path: str, **options: Any) -> Info:
        path = self._strip_protocol(path)
        parent = self._parent(path)
        infos = self._remembered(parent)
        is_plain = path != "/" and not PurePosixPath(path).name.startswith(".")
        if infos is None and is_plain and not await self.remote.has_mlst(path):
            # The whole folder has to be listed to tell about one file: then that is kept.
            with suppress(FileNotFoundError, NotADirectoryError):
                infos = await self._ls(parent)
        for info in infos or ():
            if info["name"] == path:
                return info
        return await self.remote.stat(path)

    async def _file_to_read(self, path: str) -> Info:
        """What there is to know of a file before it is read: its size, or all.

        Raises:
            IsADirectoryError: it is a folder.
        """
        path = self._strip_protocol(path)
        if self._remembered(self._parent(path)) is None:
            nbytes = await self.remote.size_at_once(path)
            if nbytes is not None:
                return {"size": nbytes}
        return _no_folder(await self._info(path))

    async def _file_to_lengthen(self, path: str) -> Info | None:
        """What there is to know of a file that may have to be made.

        Raises:
            IsADirectoryError: it is a folder.
        """
        try:
            return _no_folder(await self._info(path))
        except FileNotFoundError:
            return None

    # A server that cannot be asked has not said no: nothing else than its no is one.

    async def _exists(self, path: str, **options: Any) -> bool:
        return await self._type(path) is not None

    async def _isfile(self, path: str) -> bool:
        return await self._type(path) == "file"

    async def _isdir(self, path: str) -> bool:
        return await self._type(path) == "directory"

    async def _type(self, path: str) -> object:
        try:
            return (await self._info(path))["type"]
        except (FileNotFoundError, NotADirectoryError):
            return None

    async def _find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, **options: Any
    ) -> Any:
        """All files below a folder, several folders at a time; links to folders are not entered.

        What is not there, or not for us, is passed over, as `find` has it in fsspec, unless
        `on_error="raise"`; whatever else fails is raised, as nobody could tell what is found then
        from all there is.
        """
        _check_depth(maxdepth)
        passed_over = () if options.get("on_error") == "raise" else _PASSED_OVER
        path = self._strip_protocol(path)
        found: dict[str, Info] = {}
        if withdirs and await self._isdir(path):
            found[path] = await self._info(path)
        folders, depth = [path], 0
        while folders and (maxdepth is None or depth < maxdepth):
            depth += 1
            infos = await self._ls_many(folders, passed_over)
            folders = [
                info["name"]
                for info in infos
                if info["type"] == "directory" and not info.get("islink")
            ]
            found |= {
                info["name"]: info for info in infos if withdirs or info["type"] != "directory"
            }
        names = sorted(found)
        return {name: found[name] for name in names} if options.get("detail") else names

    async def _ls_many(
        self, folders: list[str], passed_over: tuple[type[Exception], ...]
    ) -> list[Info]:
        """What is in some folders."""
        known = {folder: self._remembered(folder) for folder in folders}
        missing = [folder for folder, infos in known.items() if infos is None]
        changes = self._nchanges
        listed = await self.remote.ask_all(
            "find", [(one, listing(one)) for one in missing], are_listings=True
        )
        for folder, found in zip(missing, listed, strict=True):
            if isinstance(found, list):
                self._remember(folder, found, changes)
                known[folder] = found
            elif not isinstance(found, passed_over):
                raise found
        return [info for infos in known.values() for info in infos or ()]

    async def _expand_path(
        self,
        path: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        assume_literal: bool = False,
    ) -> list[str]:
        """As fsspec does; but a name that its own pattern does not fit is a name, if it is one.

        So what `find` gives can be read, copied and removed, brackets or not.
        """
        is_one = isinstance(path, str | os.PathLike)
        paths = [self._strip_protocol(one) for one in ([path] if is_one else path)]
        names = [one for one in paths if assume_literal or await self._is_name(one)]
        patterns = [one for one in paths if one not in names]
        found: set[str] = set()
        for name in names:
            found.update(await self._named(name, recursive, maxdepth))
        if patterns:
            with suppress(FileNotFoundError):
                found.update(await super()._expand_path(patterns, recursive, maxdepth))
        if not found:
            raise os_error(errno.ENOENT, os.fspath(path) if is_one else ", ".join(paths))
        return sorted(found)

    async def _named(self, name: str, recursive: bool, maxdepth: int | None) -> set[str]:
        """A name and what is below it, whatever pattern it looks like; older fsspec has no way."""
        _check_depth(maxdepth)
        if not recursive:
            return {name}
        below = set(await self._find(name, maxdepth=maxdepth, withdirs=True))
        return {name, *below} if below or await self._exists(name) else set()

    async def _copied(
        self, source: Any, target: Any, is_folder: bool, recursive: bool, maxdepth: int | None
    ) -> tuple[Any, Any]:
        """What is copied where: lists, if the source is a name that looks like a pattern.

        fsspec would copy what a pattern fits into a folder, whether or not there is one.

        Args:
            is_folder: whether the target is one that exists.
        """
        is_odd = isinstance(source, str) and has_magic(source)
        if not is_odd or not await self._is_name(self._strip_protocol(source)):
            return source, target
        names = await self._expand_path(source, recursive, maxdepth)
        if not recursive:
            names = [name for name in names if not await self._isdir(name)]
        top = self._strip_protocol(source)
        target = os.fspath(target)
        is_folder |= target.endswith("/")
        target = target.rstrip("/")
        if is_folder and not source.endswith("/"):
            target = f"{target}/{PurePosixPath(top).name}"
        return names, [target + name[len(top) :] for name in names]

    async def _is_name(self, path: str) -> bool:
        if not has_magic(path):
            return True
        return not re.match(glob_translate(path), path) and await self._exists(path)

    def modified(self, path: str) -> datetime:
        """When a file was changed last.

        Raises:
            NotImplementedError: the server does not tell.
        """
        found = self.info(path).get("modified")
        if found is None:
            raise NotImplementedError(f"the server does not tell when {path} was changed")
        assert isinstance(found, datetime)
        return found

    def created(self, path: str) -> datetime:
        """When a file was made, which few servers tell.

        Raises:
            NotImplementedError: this one does not.
        """
        found = self.info(path).get("created")
        if found is None:
            raise NotImplementedError(f"the server does not tell when {path} was made")
        assert isinstance(found, datetime)
        return found

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget listings: all, or those above and below a path."""
        self._nchanges += 1
        if path is None:
            self.dircache.clear()
        else:
            path = self._strip_protocol(path)
            below = [one for one in list(self.dircache) if f"{one}/".startswith(f"{path}/")]
            for one in (*map(str, PurePosixPath(path).parents), *below):
                self.dircache.pop(one, None)
        super().invalidate_cache(path)


def _known(cls: type[Tree]) -> tuple[str, ...]:
    return (cls.protocol,) if isinstance(cls.protocol, str) else tuple(cls.protocol)


def _check_depth(maxdepth: int | None) -> None:
    if maxdepth is not None and maxdepth < 1:
        raise ValueError(f"maxdepth must be at least 1, not {maxdepth}")


def _no_folder(info: Info) -> Info:
    if info["type"] == "directory":
        raise os_error(errno.EISDIR, info["name"])
    return info
