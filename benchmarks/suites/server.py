"""One big file to and from curl; the server is measured, a fresh one each time."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from benchmarks import peers, servers
from benchmarks.measure import Contestant, ContestantFailed, Sample, alternate, run
from benchmarks.servers import RunningServer
from benchmarks.suites.transfers import columns
from benchmarks.tables import Table
from benchmarks.workspace import Bench

Start = Callable[[], AbstractContextManager[RunningServer]]


def fetch(start: Start, scheme: str, options: list[str]) -> Sample:
    """Start a server, fetch the file with curl, and return what the server used."""
    curl = peers.program("curl") or "curl"
    with start() as server:
        url = f"{scheme}://127.0.0.1:{server.port}/big"
        client = run([curl, "-sS", "-o", "/dev/null", *options, url])
    if server.used is None:
        raise ContestantFailed("the server did not report")
    return Sample(client.seconds, server.used.cpu, server.used.peak_kib)


def store(bench: Bench, start: Start, scheme: str, options: list[str]) -> Sample:
    """Start a server, send it the file with curl, and return what the server used."""
    curl = peers.program("curl") or "curl"
    bench.uploaded.unlink(missing_ok=True)
    with start() as server:
        url = f"{scheme}://127.0.0.1:{server.port}/incoming/big"
        client = run([curl, "-sS", "-T", str(bench.big()), *options, url])
    if server.used is None or bench.uploaded.stat().st_size != bench.options.nbytes:
        raise ContestantFailed("the file did not arrive")
    return Sample(client.seconds, server.used.cpu, server.used.peak_kib)


def contestants(bench: Bench, *, tls: bool = False, upload: bool = False) -> list[Contestant]:
    """All servers that can do it."""

    def contestant(
        name: str, start: Start, absent: str | None, *, tls: str | None, login: str | None = None
    ) -> Contestant:
        scheme = "ftps" if tls == "implicit" else "ftp"
        options = ["-k", "--ssl-reqd"] if tls else []
        options += ["-u", login] if login else []

        def once() -> Sample:
            if upload:
                return store(bench, start, scheme, options)
            return fetch(start, scheme, options)

        return Contestant(name, once, absent or peers.missing_program("curl"))

    pem = bench.pem if tls else None
    explicit = "explicit" if tls else None
    task = {"root": str(bench.root), **({"certificate": str(pem)} if pem else {})}

    def python(server: str, backend: str) -> Start:
        return lambda: servers.python_server(
            "python_server", {**task, "server": server, "backend": backend}
        )

    field = [
        contestant(
            "vsftpd",
            lambda: servers.vsftpd(bench.root, pem),
            peers.missing_program("vsftpd"),
            tls=explicit,
        ),
        contestant(
            "pure-ftpd",
            lambda: servers.pure_ftpd(bench.root, pem),
            peers.missing_program("pure-ftpd"),
            tls=explicit,
            login=servers.PURE_FTPD_LOGIN,
        ),
        contestant(
            "pyftpdlib",
            python("pyftpdlib", ""),
            peers.missing_module("pyftpdlib", *(["OpenSSL"] if tls else [])),
            tls=explicit,
        ),
    ]
    for name, module, backends, mode in (
        ("anyftp", "anyftp._server", bench.options.backends, explicit),
        ("aioftp", "aioftp", ("asyncio", "uvloop"), "implicit" if tls else None),
    ):
        field += [
            contestant(
                f"{name}, {backend}",
                python(name, backend),
                peers.missing_backend(backend) or peers.missing_module(module),
                tls=mode,
            )
            for backend in backends
        ]
    return field


def main(bench: Bench) -> None:
    """RETR and STOR, plain and with TLS."""
    bench.big()
    size = f"{bench.options.nbytes / (1 << 30):g} GiB"
    for tls in (False, True):
        field = contestants(bench, tls=tls)
        rows = alternate(field, bench.options.rounds, bench.say)
        title = f"Server sending {size} to curl" + (" with TLS" if tls else "")
        bench.show(Table(title, columns(bench.options.nbytes), rows, "vsftpd"))
    note = "A new file each time: what fresh pages cost is in every figure."
    for tls in (False, True):
        field = contestants(bench, tls=tls, upload=True)
        rows = alternate(field, bench.options.rounds, bench.say)
        bench.uploaded.unlink(missing_ok=True)
        title = f"Server receiving {size} from curl" + (" with TLS" if tls else "")
        bench.show(Table(title, columns(bench.options.nbytes), rows, "vsftpd", note))
