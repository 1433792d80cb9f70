"""One folder made like another by many workers; planned once, here."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from itertools import islice
from typing import Any, Literal

from distributed import Client as Cluster
from distributed import Future, as_completed, get_worker

from anyftp.distributed._plan import Copy, batches, downloads, is_here, is_there, uploads
from anyftp.distributed._report import BatchReport, MirrorReport, summary
from anyftp.distributed._work import Job, copy_batch
from anyftp.fsspec import FTPFileSystem, FTPSFileSystem

_FILE_SYSTEMS = {
    "anyftp": FTPFileSystem,
    "anyftps": FTPSFileSystem,
    "ftp": FTPFileSystem,
    "ftps": FTPSFileSystem,
}


def mirror(
    cluster: Cluster,
    source: str | os.PathLike[str],
    destination: str | os.PathLike[str],
    *,
    connections: int = 8,
    counts: str | None = None,
    verify: Literal["if-offered", "required"] | None = None,
    batch_files: int = 200,
    batch_bytes: int = 1 << 28,
    retries: int = 3,
    patience: float = 60.0,
    progress: Callable[[int, int], object] | None = None,
    **storage_options: Any,
) -> MirrorReport:
    """Copy what is new or different from a folder to another, over the workers of a cluster.

    One of the two is a URL such as "anyftp://host/folder", the other a path on a disk that all
    workers share. Nothing is deleted, and folders are made for what is in them. A file appears
    whole or not at all, and one that has the same size and time on both sides, as exactly as the
    server tells it, is not copied: so to call it again is to go on with it.

    Args:
        cluster: a client of `distributed`.
        source, destination: from where and to where.
        connections: to the server at once, of all workers together. Fewer, where it lets in fewer:
            those that are turned away wait for their turn.
        counts: where the workers count their connections together, the URL of a
            `anyftp.shared.SharedCounts` that all of them reach. Then `connections` holds for all
            who count there, other mirrors and pools too, and nobody is turned away by the server.
            The plan is made over one connection, which is not counted.
        verify: compare checksums made by the server, as in `Client.download`.
        batch_files, batch_bytes: how much one task of the cluster copies at most.
        retries: how often a batch is given to another worker, should its own die.
        patience: seconds without any progress after which a batch is given up.
        progress: called with the files that are done and those that were planned.
        storage_options: as for `anyftp.fsspec.FTPFileSystem`: username, password, tls, ca_file...

    Raises:
        OSError: one of the folders, or one in them, cannot be looked at.
        ValueError: a number is too small, or not one of the two is a URL.
        UnsafeNameError: a name of the server would lead out of the destination.
        KilledWorker: a batch has outlived too many workers.
    """
    began = time.monotonic()
    _check(connections=connections, batch_files=batch_files, batch_bytes=batch_bytes)
    _check(0, retries=retries, patience=patience)
    source, destination = os.fspath(source), os.fspath(destination)
    is_download = "://" in source
    if is_download == ("://" in destination):
        raise ValueError("source and destination must be a URL and a path, one of each")
    url, folder = (source, destination) if is_download else (destination, source)
    fs = _file_system(url, storage_options if counts is None else storage_options | {"size": 1})
    try:
        plan, same = _plan(fs, fs._strip_protocol(url), os.path.abspath(folder), is_download)
    finally:
        fs.close()
    ntasks = max(1, sum(cluster.nthreads().values()))
    each = max(1, connections // ntasks)
    shared = None if counts is None else (counts, connections)
    job = Job(is_download, fs.remote.server, fs.remote.trust, each, verify, patience, shared)
    # No batch may hold up the end: so there are some for each task, where there are files enough.
    max_files = max(1, min(batch_files, len(plan) // (4 * ntasks)))
    work = batches(plan, max_files=max_files, max_bytes=batch_bytes)
    reports = _run(cluster, job, work, retries, min(ntasks, connections), progress)
    return summary(reports, seconds=time.monotonic() - began, planned=len(plan), same=same)


def _check(least: int = 1, **numbers: float) -> None:
    for name, number in numbers.items():
        if not number >= least:
            raise ValueError(f"{name} must be at least {least}, not {number}")


def _file_system(url: str, options: dict[str, Any]) -> FTPFileSystem:
    scheme = url.partition("://")[0]
    kind = _FILE_SYSTEMS.get(scheme)
    if kind is None:
        raise ValueError(f"the URL must begin with one of {', '.join(_FILE_SYSTEMS)}, not {scheme}")
    return kind(**(kind._get_kwargs_from_urls(url) | options), skip_instance_cache=True)


def _plan(fs: FTPFileSystem, remote: str, local: str, is_download: bool) -> tuple[list[Copy], int]:
    """What has to be copied, and how many files are the same."""
    if is_download:
        if not fs.isdir(remote):
            raise NotADirectoryError(errno.ENOTDIR, "no folder at the server", remote)
        if os.path.lexists(local) and not os.path.isdir(local):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), local)
        wanted = list(downloads(_files_of(fs, remote), remote, local))
        plan = [copy for copy in wanted if not is_here(copy)]
    else:
        wanted = list(uploads(local, remote))
        there = _files_of(fs, remote) if fs.isdir(remote) else {}
        plan = [copy for copy in wanted if not is_there(copy, there.get(copy.remote))]
    return plan, len(wanted) - len(plan)


def _files_of(fs: FTPFileSystem, folder: str) -> dict[str, Any]:
    """All files below a folder; what cannot be looked at must not pass for what is not there."""
    found = fs.find(folder, detail=True, on_error="raise")
    return {path: info for path, info in found.items() if info.get("type") == "file"}


def _run(
    cluster: Cluster,
    job: Job,
    work: list[list[Copy]],
    retries: int,
    at_once: int,
    progress: Callable[[int, int], object] | None,
) -> list[BatchReport]:
    """Have batches copied, no more at once than there are connections for."""
    planned = sum(map(len, work))
    waiting = iter(work)
    done: list[BatchReport] = []

    def submit(batch: list[Copy]) -> Future:
        return cluster.submit(_on_worker, job, batch, retries=retries, pure=False)

    running = as_completed(submit(batch) for batch in islice(waiting, at_once))
    try:
        for future in running:
            done.append(future.result())
            batch = next(waiting, None)
            if batch is not None:
                running.add(submit(batch))
            if progress is not None:
                progress(sum(one.files + one.skipped for one in done), planned)
    except BaseException:
        cluster.cancel(list(running.futures))
        raise
    return done


def _on_worker(job: Job, batch: list[Copy]) -> BatchReport:
    return copy_batch(job, batch, get_worker().address)
