"""The file system: fsspec's methods, each as one of the server's."""

from __future__ import annotations

import errno
import io
import os
import weakref
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from glob import has_magic
from pathlib import PurePosixPath
from typing import Any, ClassVar, Literal

import fsspec
from fsspec.asyn import sync
from fsspec.callbacks import DEFAULT_CALLBACK, Callback
from fsspec.utils import isfilelike

from anyftp.fsspec._calls import call
from anyftp.fsspec._copies import copy_through_here, receive_file, send_file
from anyftp.fsspec._file import FTPFile, FTPTextFile
from anyftp.fsspec._questions import reading
from anyftp.fsspec._refusals import os_error
from anyftp.fsspec._remote import Remote
from anyftp.fsspec._streamed_file import FTPStreamedFile
from anyftp.fsspec._tree import Tree

#: Seconds for which listings are believed, unless told otherwise.
_LISTINGS_SECONDS = 10.0

_TLS = {False: None, True: "explicit"}


class FTPFileSystem(Tree):
    """An FTP server as a file system of fsspec.

    All arguments are plain values, so that it can be pickled and sent to workers. Where the server
    lets in fewer connections than `size`, those have to do. Errors are built-in OSErrors.

    Args:
        host, port: the server; port 21, or 990 with implicit TLS.
        username, password, acct: the login; anonymous without.
        tls: "explicit" (or True), "implicit", or None for clear text.
        ca_file: trust these authorities (PEM) instead of the system's.
        insecure: take any certificate from anyone.
        timeout: seconds that the server may take for anything.
        size: connections at most.
        max_idle: seconds without use after which a connection is closed; None for never.
        encoding: of names.
        read_speed_limit, write_speed_limit: bytes per second of all connections together.
        listings_expiry_time: seconds for which listings are believed.
        client_options: as for `anyftp.Client`, plain values only.
        storage_options: as for every file system of fsspec.
    """

    protocol: ClassVar[Any] = ("anyftp",)
    _default_tls: ClassVar[str | None] = None

    def __init__(
        self,
        host: str,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        acct: str | None = None,
        *,
        tls: Literal["explicit", "implicit"] | bool | None = None,
        ca_file: str | None = None,
        insecure: bool = False,
        timeout: float | None = 30.0,
        size: int = 8,
        max_idle: float | None = 60.0,
        encoding: str = "utf-8",
        read_speed_limit: float | None = None,
        write_speed_limit: float | None = None,
        listings_expiry_time: float | None = _LISTINGS_SECONDS,
        client_options: dict[str, Any] | None = None,
        **storage_options: Any,
    ) -> None:
        storage_options.setdefault("batch_size", 2 * size)
        super().__init__(listings_expiry_time=listings_expiry_time, **storage_options)
        mode = _TLS.get(tls, tls) if isinstance(tls, bool) else tls
        mode = mode or self._default_tls
        login = ("anonymous", "anon@") if username is None else (username, password or "")
        self.host = host
        self.port: int = port or (990 if mode == "implicit" else 21)
        self.remote: Remote = Remote(
            ca_file=ca_file,
            insecure=insecure,
            host=host,
            port=self.port,
            user=login[0],
            password=login[1],
            account=acct or "",
            tls=mode,
            size=size,
            max_idle=max_idle,
            timeout=timeout,
            connection_timeout=timeout,
            encoding=encoding,
            read_speed_limit=read_speed_limit,
            write_speed_limit=write_speed_limit,
            **(client_options or {}),
        )
        weakref.finalize(self, self.remote.close)

    @property
    def fsid(self) -> str:
        """Which server it is."""
        return f"ftp_{self.host}_{self.port}"

    def close(self) -> None:
        """Say goodbye to the server; what is called later connects anew."""
        sync(self.loop, self.remote.aclose)

    # Reading and writing

    async def _cat_file(
        self, path: str, start: int | None = None, end: int | None = None, **options: Any
    ) -> bytes:
        return await self.remote.cat(self._strip_protocol(path), start, end)

    async def _cat(
        self, path: Any, recursive: bool = False, on_error: str = "raise", **options: Any
    ) -> Any:
        paths = await self._expand_path(path, recursive=recursive)
        part = options.get("start"), options.get("end")
        found = await self._read_parts([(one, *part) for one in paths])
        failure = next((one for one in found if isinstance(one, Exception)), None)
        if failure is not None and on_error == "raise":
            raise failure
        if len(paths) == 1 and isinstance(path, str) and paths[0] == self._strip_protocol(path):
            return found[0]
        is_kept = [on_error != "omit" or not isinstance(one, Exception) for one in found]
        return {name: one for name, one, kept in zip(paths, found, is_kept, strict=True) if kept}

    async def _cat_ranges(
        self,
        paths: list[str],
        starts: Any,
        ends: Any,
        max_gap: int | None = None,
        batch_size: int | None = None,
        on_error: str = "return",
        **options: Any,
    ) -> list[Any]:
        if max_gap is not None:
            raise NotImplementedError("ranges are not put together here")
        starts = starts if isinstance(starts, Iterable) else [starts] * len(paths)
        ends = ends if isinstance(ends, Iterable) else [ends] * len(paths)
        names = map(self._strip_protocol, paths)
        found = await self._read_parts(list(zip(names, starts, ends, strict=True)))
        failure = next((one for one in found if isinstance(one, Exception)), None)
        if failure is not None and on_error != "return":
            raise failure
        return found

    async def _read_parts(
        self, parts: list[tuple[str, int | None, int | None]]
    ) -> list[bytes | OSError]:
        """Read files, or parts of them; what failed is in its place."""
        return await self.remote.ask_all("read", [(part[0], reading(*part)) for part in parts])

    async def _get(
        self,
        rpath: Any,
        lpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **options: Any,
    ) -> Any:
        is_folder = isinstance(lpath, str | os.PathLike) and os.path.isdir(lpath)
        paths = await self._copied(rpath, lpath, is_folder, recursive, maxdepth)
        options |= {"recursive": recursive, "callback": callback, "maxdepth": maxdepth}
        return await self.remote.by_workers(partial(super()._get, *paths, **options))

    async def _put(self, *paths: Any, **options: Any) -> Any:
        return await self.remote.by_workers(partial(super()._put, *paths, **options))

    async def _pipe(self, *paths: Any, **options: Any) -> Any:
        return await self.remote.by_workers(partial(super()._pipe, *paths, **options))

    async def _pipe_file(
        self, path: str, value: bytes, mode: str = "overwrite", **options: Any
    ) -> None:
        path = self._strip_protocol(path)
        if mode == "create" and await self._exists(path):
            raise os_error(errno.EEXIST, path)
        await self.remote.store(path, value)
        self.invalidate_cache(path)

    async def _get_file(
        self, rpath: str, lpath: Any, callback: Callback = DEFAULT_CALLBACK, **options: Any
    ) -> None:
        path = self._strip_protocol(rpath)
        info = next(
            (i for i in self._remembered(self._parent(path)) or () if i["name"] == path), {}
        )
        try:
            if info.get("type") != "directory":
                size = info.get("size")
                return await receive_file(self.remote, path, lpath, size, callback)
        except IsADirectoryError:
            if isfilelike(lpath):
                raise
        os.makedirs(lpath, exist_ok=True)
        return None

    async def _put_file(
        self,
        lpath: str,
        rpath: str,
        mode: str = "overwrite",
        callback: Callback = DEFAULT_CALLBACK,
        **options: Any,
    ) -> None:
        path = self._strip_protocol(rpath)
        if os.path.isdir(lpath):
            return await self._makedirs(path, exist_ok=True)
        if mode == "create" and await self._exists(path):
            raise os_error(errno.EEXIST, path)
        await send_file(self.remote, lpath, path, callback)
        self.invalidate_cache(path)
        return None

    async def _copy(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        on_error: str | None = None,
        maxdepth: int | None = None,
        **options: Any,
    ) -> Any:
        is_folder = isinstance(path2, str) and has_magic(str(path1)) and await self._isdir(path2)
        paths = await self._copied(path1, path2, is_folder, recursive, maxdepth)
        options |= {"recursive": recursive, "on_error": on_error, "maxdepth": maxdepth}
        return await super()._copy(*paths, **options)

    async def _cp_file(self, path1: str, path2: str, **options: Any) -> None:
        source, destination = self._strip_protocol(path1), self._strip_protocol(path2)
        info = await self._info(source)
        if info["type"] == "directory":
            await self._makedirs(destination, exist_ok=True)
        else:
            await copy_through_here(self.remote, source, destination, info["size"])
        self.invalidate_cache(destination)

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        """Open a file; see fsspec. Leaving a `with` by an exception discards what was written."""
        if "b" in mode:
            return super().open(path, mode, **options)
        text = {name: options.pop(name) for name in _OF_TEXT if name in options}
        file = self.open(path, mode.replace("t", "") + "b", **options)
        if isinstance(file, FTPFile):
            return FTPTextFile(file, **text)
        return io.TextIOWrapper(file, **text)

    def _open(self, path: str, mode: str = "rb", **options: Any) -> FTPFile:
        if mode not in ("rb", "wb", "ab", "xb"):  # fsspec says so of a file that is half made
            raise NotImplementedError(f"files are opened as rb, wb, ab or xb here, not {mode!r}")
        if mode != "rb" and path == "/":
            raise os_error(errno.EISDIR, path)
        if mode == "xb" and self.exists(path):
            raise os_error(errno.EEXIST, path)
        if mode == "rb" and options.get("size") is None:
            options["info"] = call(self.loop, self._file_to_read, path)
        elif mode == "ab":
            options["info"] = call(self.loop, self._file_to_lengthen, path)
        return FTPFile(self, path, mode, **options)

    async def open_async(self, path: str, mode: str = "rb", **options: Any) -> FTPStreamedFile:
        """Open a file to read or write it on the event loop that runs. Cancellation: safe."""
        path = self._strip_protocol(path)
        if mode not in ("rb", "wb", "ab") or options.pop("compression", None):
            raise ValueError(f"mode must be rb, wb or ab, uncompressed, not {mode!r}")
        if mode == "rb" and options.get("size") is None:
            options["size"] = (await self._file_to_read(path))["size"]
        return FTPStreamedFile(self, path, mode, **options)

    def touch(self, path: str, truncate: bool = True, **options: Any) -> None:
        """Make an empty file; or, with `truncate=False`, say that an existing one is new."""
        if truncate or not self.exists(path):
            self.pipe_file(path, b"")
            return
        name = self._strip_protocol(path)
        now = datetime.now(UTC)
        sync(self.loop, self.remote.ask, name, "find", lambda one: one.set_modified(name, now))
        self.invalidate_cache(path)

    # Folders, names

    async def _mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:
        path = self._strip_protocol(path)
        try:
            await self.remote.make_folder(path)
        except (FileNotFoundError, PermissionError):  # or the one above has been made meanwhile
            if not create_parents:
                raise
            await self.remote.make_folders(self._parent(path))
            await self.remote.make_folder(path)
        self.invalidate_cache(path)

    async def _makedirs(self, path: str, exist_ok: bool = False) -> None:
        path = self._strip_protocol(path)
        if not exist_ok and await self._exists(path):
            raise os_error(errno.EEXIST, path)
        await self.remote.make_folders(path)
        self.invalidate_cache(path)

    async def _rm_file(self, path: str, **options: Any) -> None:
        path = self._strip_protocol(path)
        await self.remote.ask(path, "remove", lambda client: client.remove_file(path))
        self.invalidate_cache(path)

    async def _rmdir(self, path: str) -> None:
        path = self._strip_protocol(path)
        await self.remote.ask(path, "rmdir", lambda client: client.remove_directory(path))
        self.invalidate_cache(path)

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        sync(self.loop, self._rmdir, path)

    async def _rm(
        self,
        path: str | Iterable[str],
        recursive: bool = False,
        batch_size: int | None = None,
        maxdepth: int | None = None,
        **options: Any,
    ) -> None:
        if not recursive or maxdepth is not None:
            paths = await self._expand_path(path, recursive=recursive, maxdepth=maxdepth)
            for one in reversed(paths):
                if recursive and await self._isdir(one):
                    await self._rmdir(one)
                else:
                    await self._rm_file(one)
            return
        for one in await self._expand_path(path):
            await self._rm_tree(one)

    async def _rm_tree(self, path: str) -> None:
        await self.remote.ask(path, "remove", lambda client: client.remove(path))
        self.invalidate_cache(path)

    async def _mv_file(self, path1: str, path2: str) -> None:
        source, destination = self._strip_protocol(path1), self._strip_protocol(path2)
        await self.remote.move(source, destination)
        self.invalidate_cache(source)
        self.invalidate_cache(destination)

    def mv(
        self,
        path1: Any,
        path2: Any,
        recursive: bool = False,
        maxdepth: int | None = None,
        **options: Any,
    ) -> None:
        """Rename a file or folder, in one step; into a folder if `path2` is one.

        A pattern moves what it is about, unless there is something of that very name.
        """
        is_one = isinstance(path1, str) and (not has_magic(path1) or self.exists(path1))
        if not is_one or maxdepth is not None:
            super().mv(path1, path2, recursive=recursive, maxdepth=maxdepth, **options)
            return
        source, destination = self._strip_protocol(path1), self._strip_protocol(path2)
        if path2.endswith("/") or self.isdir(destination):
            destination = f"{destination.rstrip('/')}/{PurePosixPath(source).name}"
        sync(self.loop, self._mv_file, source, destination)


class FTPSFileSystem(FTPFileSystem):
    """The same over TLS from the first byte, on port 990 unless told otherwise."""

    protocol: ClassVar[Any] = ("anyftps",)
    _default_tls = "implicit"


_OF_TEXT = ("encoding", "errors", "newline")


def register() -> None:
    """Have fsspec use this for `ftp://` and `ftps://` too, in place of its own."""
    fsspec.register_implementation("ftp", FTPFileSystem, clobber=True)
    fsspec.register_implementation("ftps", FTPSFileSystem, clobber=True)
