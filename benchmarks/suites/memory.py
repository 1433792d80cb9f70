"""Peak memory of one big transfer: clients, then servers."""

import sys
from collections.abc import Callable, Mapping

from benchmarks import servers
from benchmarks.measure import Contestant, Row, Sample, alternate, run
from benchmarks.suites import server as server_suite
from benchmarks.suites.transfers import contestants
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

ROUNDS = 2  # memory hardly varies


def peak(name: str) -> Column:
    """The peak of one of the works that a sample holds."""
    return Column(f"{name} MB", lambda s: s.more.get(name, float("nan")) / 1024, digits=1)


def merged(tables: Mapping[str, list[Row]]) -> list[Row]:
    """One row for each contestant, with its peak in each of the works."""
    rows: dict[str, Row] = {}
    for work, measured in tables.items():
        for row in measured:
            peaks = [sample.peak_kib for sample in row.good()]
            if peaks:
                kept = rows.setdefault(row.name, Row(row.name, [Sample(0, 0, 0, {})]))
                first = kept.samples[0]
                assert first is not None
                kept.samples[0] = Sample(0, 0, 0, {**first.more, work: max(peaks)})
    return list(rows.values())


def floor() -> Row:
    """Python with what a contestant imports at least, and nothing done."""
    code = "import anyio, resource, ssl, json; anyio.run(anyio.sleep, 0); {}print(json.dumps({}))"
    tell = "dict(seconds=0, user=0, system=0, peak_kib=resource.getrusage(0).ru_maxrss)"
    works = {}
    for work, more in (("interpreter", ""), ("with anyftp", "import anyftp; ")):
        works[work] = run([sys.executable, "-c", code.format(more, tell)]).peak_kib
    return Row("nothing", [Sample(0, 0, 0, works)])


def clients(bench: Bench) -> dict[str, list[Row]]:
    """Download and upload, plain and with TLS, against the fixture server."""
    file, source = str(bench.big_target()), str(bench.big())
    tables = {}
    for tls in (None, "explicit"):
        more = {"certificate": str(bench.pem)} if tls else {}
        with servers.fixture(bench.root, **more) as server:
            task = {"host": "127.0.0.1", "port": server.port, "tls": tls}
            for work, path, local in (("download", "big", file), ("upload", "up", source)):
                field = contestants(bench, {**task, "work": work, "path": path, "file": local})
                field = [renamed(one) for one in field]
                name = work + (" with TLS" if tls else "")
                tables[name] = alternate(field, ROUNDS, bench.say)
    return tables


def renamed(contestant: Contestant) -> Contestant:
    """The same under a name that does not tell the call, so that works can share a row."""
    name = contestant.name.replace(" copy_to_file()", "").replace(" upload()", "")
    return Contestant(name, contestant.run, contestant.absent)


def main(bench: Bench) -> None:
    """Two tables."""
    size = f"{bench.options.nbytes / (1 << 30):g} GiB"
    base = floor()
    assert base.samples[0] is not None
    note = (
        "Python alone with anyio and ssl {interpreter:.1f} MB, with anyftp imported {anyftp:.1f}."
    )
    works = base.samples[0].more
    note = note.format(interpreter=works["interpreter"] / 1024, anyftp=works["with anyftp"] / 1024)
    measured = clients(bench)
    columns = [peak(name) for name in measured]
    title = f"Clients: peak resident memory of a transfer of {size}"
    bench.show(Table(title, columns, merged(measured), note=note))
    jobs: dict[str, Callable[[], list[Contestant]]] = {
        "RETR": lambda: server_suite.contestants(bench),
        "RETR with TLS": lambda: server_suite.contestants(bench, tls=True),
        "STOR": lambda: server_suite.contestants(bench, upload=True),
    }
    measured = {name: alternate(field(), ROUNDS, bench.say) for name, field in jobs.items()}
    bench.uploaded.unlink(missing_ok=True)
    columns = [peak(name) for name in measured]
    title = f"Servers: peak resident memory of a transfer of {size}"
    bench.show(Table(title, columns, merged(measured)))
