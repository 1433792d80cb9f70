"""Files of 4 KiB over one control connection: down, up, and with TLS."""

from typing import Any

from benchmarks import peers, servers
from benchmarks.measure import Contestant, Sample, run
from benchmarks.suites.transfers import aioftp, ours, python
from benchmarks.tables import Column
from benchmarks.workspace import Bench


def columns(count: int) -> list[Column]:
    """Wall and CPU milliseconds a file."""
    return [
        Column("ms/file", lambda s: s.seconds * 1000 / count, spread=True, ratio=True),
        Column("CPU ms/file", lambda s: s.cpu * 1000 / count, spread=True, ratio=True),
        Column("peak RSS MB", lambda s: s.peak_kib / 1024, digits=0),
    ]


def curl(bench: Bench, task: dict[str, Any]) -> Contestant:
    """One curl process with a list of URLs: it keeps the control connection."""
    config = bench.folder / f"curl-{task['port']}-{task['work']}.txt"
    base = f"ftp://{task['host']}:{task['port']}"
    option = {
        "small": 'output = "/dev/null"',
        "small-files": f'output = "{bench.target}/{{}}"',
        "small-upload": f'upload-file = "{bench.root}/{{}}"',
    }[task["work"]]
    entries = (f'url = "{base}/{name}"\n{option.format(name)}\n' for name in task["names"])
    config.write_text("".join(entries))
    program = peers.program("curl") or "curl"
    tls = ["-k", "--ssl-reqd"] if task.get("tls") else []

    def once() -> Sample:
        return run([program, "-sS", *tls, "-K", str(config)])

    return Contestant("curl", once, peers.missing_program("curl"))


def contestants(bench: Bench, task: dict[str, Any], call: str) -> list[Contestant]:
    """All that can do the task; aioftp's `download()` without MLST would list all for each file."""
    is_not_for_aioftp = bool(task.get("tls")) or task.get("has_mlst") is False
    return [
        *(
            [python("blocking sockets (the floor)", {**task, "client": "blocking"})]
            if task["work"] == "small"
            else []
        ),
        curl(bench, task),
        python("ftplib", {**task, "client": "ftplib"}),
        *ours(bench, task, f"anyftp {call}"),
        *([] if is_not_for_aioftp else aioftp(bench, task, f"aioftp {call}")),
    ]


def measure(bench: Bench, title: str, task: dict[str, Any], call: str, server: str) -> None:
    """Let all contestants do one task and show the table."""
    task = {"host": "127.0.0.1", "target": str(bench.target), "source": str(bench.root)} | task
    field, count = contestants(bench, task, call), len(task["names"])
    bench.compare(f"{count:,} {title}", columns(count), field, "ftplib", f"Server: {server}.")


def downloads(bench: Bench, names: list[str]) -> None:
    """Read and forgotten, then each to a file of its own, from a server that tells the sizes."""
    plain = servers.vsftpd if peers.program("vsftpd") else servers.fixture
    with plain(bench.root) as server:
        task = {"port": server.port, "names": names, "work": "small"}
        title = "files of 4 KiB, read and forgotten"
        measure(bench, title, task, "download_stream()", plain.__name__)
        task |= {"work": "small-files", "has_mlst": plain is not servers.vsftpd}
        title = "files of 4 KiB, each into a file"
        measure(bench, title, task, "download()", f"{plain.__name__}, which tells the sizes")


def downloads_unannounced(bench: Bench, names: list[str]) -> None:
    """Each to a file of its own, from a server that does not tell the sizes."""
    with servers.fixture(bench.root) as server:
        task = {"port": server.port, "names": names, "work": "small-files"}
        title = "files of 4 KiB, each into a file, their sizes asked for"
        note = "fixture, which is asked for each size by anyftp"
        measure(bench, title, task, "download()", note)


def uploads(bench: Bench, names: list[str]) -> None:
    """From files."""
    with servers.fixture(bench.root) as server:
        task = {"port": server.port, "names": names, "work": "small-upload"}
        note = "fixture, which is asked for each size by anyftp"
        measure(bench, "files of 4 KiB, sent", task, "upload()", note)


def tls(bench: Bench, names: list[str]) -> None:
    """Read and forgotten, encrypted."""
    with servers.fixture(bench.root, certificate=str(bench.pem)) as server:
        task = {"port": server.port, "names": names, "work": "small", "tls": "explicit"}
        note = "fixture; curl and anyftp resume the session, the others shake hands in full"
        measure(bench, "files of 4 KiB, TLS, read and forgotten", task, "download_stream()", note)


def main(bench: Bench) -> None:
    """Read and forget; then each to a file of its own by the whole-file call; up; with TLS."""
    names = bench.small_names()
    few = names[: len(names) // 4]
    downloads(bench, names)
    downloads_unannounced(bench, names)
    uploads(bench, few)
    tls(bench, few)
