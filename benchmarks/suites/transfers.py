"""One big file: to a file and from a file, plain and with TLS; the client is measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import peers, servers
from benchmarks.measure import Contestant, Sample, child, run
from benchmarks.tables import Column
from benchmarks.workspace import Bench

GIB = 1 << 30


def columns(nbytes: int) -> list[Column]:
    """CPU per GiB, speed, and the peak."""
    return [
        Column("CPU s/GiB", lambda s: s.cpu * GIB / nbytes, spread=True, ratio=True),
        Column("MB/s", lambda s: nbytes / s.seconds / 1e6, digits=0, spread=True),
        Column("peak RSS MB", lambda s: s.peak_kib / 1024, digits=0),
    ]


def python(name: str, task: dict[str, Any], absent: str | None = None) -> Contestant:
    """A client of benchmarks.children."""
    return Contestant(name, lambda: run(child("client", task)), absent)


def ours(bench: Bench, task: dict[str, Any], name: str, client: str = "anyftp") -> list[Contestant]:
    """anyftp on every backend."""
    return [
        python(
            f"{name}, {backend}",
            {**task, "client": "anyftp", "backend": backend},
            peers.missing_backend(backend) or peers.missing_module("anyftp"),
        )
        for backend in bench.options.backends
    ]


def aioftp(bench: Bench, task: dict[str, Any], name: str = "aioftp") -> list[Contestant]:
    """aioftp on the loops it knows."""
    return [
        python(
            f"{name}, {backend}",
            {**task, "client": "aioftp", "backend": backend},
            peers.missing_backend(backend) or peers.missing_module("aioftp"),
        )
        for backend in bench.options.backends
        if backend != "trio"
    ]


def curl(task: dict[str, Any]) -> Contestant:
    """curl, writing to its standard output, which is the target file."""
    url = f"ftp://{task['host']}:{task['port']}/{task['path']}"
    tls = ["-k", "--ssl-reqd"] if task.get("tls") else []
    base = [peers.program("curl") or "curl", "-sS", *tls]

    def once() -> Sample:
        if task["work"] == "upload":
            return run([*base, "-T", task["file"], url])
        if task["work"] == "discard":
            return run([*base, "-o", "/dev/null", url])
        if task.get("new"):
            return run([*base, "-o", task["file"], url])
        return run([*base, url], stdout=task["file"])

    return Contestant("curl", once, peers.missing_program("curl"))


def afresh(contestant: Contestant, file: Path) -> Contestant:
    """The same without the file that the one before has made."""

    def once() -> Sample:
        file.unlink(missing_ok=True)
        return contestant.run()

    return Contestant(contestant.name, once, contestant.absent)


def contestants(bench: Bench, task: dict[str, Any]) -> list[Contestant]:
    """All that can do the task."""
    calls = {"upload": "upload()", "download": "copy_to_file()", "discard": "read_into()"}
    name = "anyftp " + ("download()" if task.get("new") else calls[task["work"]])
    field = [
        python("blocking sockets (the floor)", {**task, "client": "blocking"}),
        curl(task),
        python("ftplib", {**task, "client": "ftplib"}),
        *ours(bench, task, name),
    ]
    if not (task.get("tls") or task.get("new") or task["work"] == "discard"):
        field += ours(bench, {**task, "way": "worker"}, name + " portable")
        field += ours(bench, {**task, "way": "loop"}, name + " own file class")
    if not task.get("tls"):
        field += aioftp(bench, task)
    elif task.get("implicit_port"):
        implicit = {**task, "port": task["implicit_port"]}
        field += aioftp(bench, implicit, "aioftp (implicit TLS)")
    if task.get("new"):
        field = [afresh(contestant, Path(task["file"])) for contestant in field]
    return field


def measure(bench: Bench, title: str, task: dict[str, Any], note: str = "") -> None:
    """Let all contestants do one task and show the table."""
    bench.big()
    bench.big_target()
    bench.compare(title, columns(bench.options.nbytes), contestants(bench, task), "curl", note)


def main(bench: Bench) -> None:
    """Download in place, download to a new file, upload; then the same with TLS."""
    size, common = size_of(bench), {"host": "127.0.0.1", "file": str(bench.big_target())}
    bench.big()
    plain = servers.vsftpd if peers.program("vsftpd") else servers.fixture
    with plain(bench.root) as server:
        task = {**common, "port": server.port, "work": "download", "path": "big"}
        note = f"Server: {plain.__name__}. The file is written over in place."
        measure(bench, f"Download of {size} to a file", task, note)
        task |= {"new": True, "file": str(bench.target / "new")}
        note = "A new file each time: fresh pages cost as much as the copying."
        measure(bench, f"Download of {size} to a new file", task, note)
        (bench.target / "new").unlink(missing_ok=True)
    with servers.fixture(bench.root) as server:
        task = {**common, "port": server.port, "work": "upload", "path": "uploaded"}
        task["file"] = str(bench.root / "big")
        measure(bench, f"Upload of {size} from a file", task, "The server throws it away.")
    tls(bench)


def size_of(bench: Bench) -> str:
    """The big file's."""
    return f"{bench.options.nbytes / GIB:g} GiB"


def tls(bench: Bench, works: Sequence[str] = ("discard", "download", "upload")) -> None:
    """Up to three works; aioftp knows implicit TLS only, so it has a server of its own."""
    size, common = size_of(bench), {"host": "127.0.0.1", "file": str(bench.big_target())}
    pem = str(bench.pem)
    titles = {
        "discard": (f"TLS download of {size}, forgotten", "big"),
        "download": (f"TLS download of {size} to a file", "big"),
        "upload": (f"TLS upload of {size} from a file", "up"),
    }
    with (
        servers.fixture(bench.root, certificate=pem) as explicit,
        servers.fixture(bench.root, certificate=pem, implicit=True) as implicit,
    ):
        task = {**common, "port": explicit.port, "implicit_port": implicit.port, "tls": "explicit"}
        for work in works:
            title, path = titles[work]
            more = {"file": str(bench.big())} if work == "upload" else {}
            chosen = {**task, "work": work, "path": path, **more}
            measure(bench, title, chosen, "Server: fixture.")
