"""The rows that goals are set for, in one run: parts of other suites, beside the peers alone."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.goals import summary
from benchmarks.suites import crowd, server_small, small_files, start_up, transfers, trees
from benchmarks.workspace import Bench

#: With fewer far away, logging in by four would be a part of what is compared.
SMALL, ENCRYPTED, FAR = 2000, 500, 1000


def main(bench: Bench) -> None:
    """All of them, each table under the suite that it is from; then the goals."""
    options, kept = bench.options, bench.suite
    bench.options = replace(options, without=("aioftp", "pure-ftpd"))
    names = bench.small_names(SMALL)
    parts: tuple[tuple[str, Callable[[], None]], ...] = (
        ("start-up", lambda: start_up.main(bench)),
        ("small-files", lambda: small_files.downloads(bench, names)),
        ("small-files", lambda: small_files.uploads(bench, names[:ENCRYPTED])),
        ("small-files", lambda: small_files.tls(bench, names[:ENCRYPTED])),
        ("trees", lambda: trees.near(bench)),
        (
            "server-small",
            lambda: server_small.measure(bench, "", names, tls=False, resume=False),
        ),
        ("crowd", lambda: crowd.idle_sessions(bench)),
        ("crowd", lambda: crowd.eager_clients(bench)),
        ("crowd", lambda: crowd.huge_folder(bench, "LIST")),
        ("transfers", lambda: transfers.tls(bench, ("download", "upload"))),
        ("trees", lambda: trees.far_away(bench, FAR)),
    )
    try:
        for name, part in parts:
            bench.suite = name
            part()
    finally:
        bench.options, bench.suite = options, kept
    print(summary(bench.records), flush=True)
