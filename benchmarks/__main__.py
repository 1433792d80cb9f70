"""The command: ``python -m benchmarks [SUITE…] [--rounds 5] [--size 1GiB] [--json FILE]``.

And ``python -m benchmarks --plot FILE``, which draws what an earlier run has kept.
"""

import argparse
import importlib
import json
import os
import platform
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.network import separate
from benchmarks.peers import versions
from benchmarks.plot import draw
from benchmarks.workspace import Options, workspace

SUITES = {
    "transfers": "one big file: download, upload, TLS; the client is measured",
    "server": "one big file sent to curl, plain and with TLS; the server is measured",
    "server-small": "files of 4 KiB, plain and with TLS; the server is measured",
    "crowd": "a thousand idle sessions, 200 clients at once, MLSD of 100,000 files; the server",
    "hostile": "a thousand sessions, 50 of which send command after command; how long others wait",
    "small-files": "2,000 files of 4 KiB on one connection, down and up, with TLS too",
    "trees": "trees of 1,000 files; several files at once over a long way",
    "listing": "MLSD of 100,000 entries",
    "memory": "peak memory of a big transfer, client and server",
    "reads": "the cost of one read(), bare, timed, unlimited and limited",
    "compat": "aioftp and anyftp_compat by the same calls",
    "throttle": "accuracy and bursts at 16 KiB/s to 500 MiB/s",
    "fsspec": "anyftp.fsspec and fsspec's own ftp by the same calls",
    "start-up": "imports; the command's version, a small file, a short list",
    "sharing": "how fairly streams share a throttle, how soon they heed a changed limit",
}
#: Parts of the others, so it is not one of `all`.
CHOSEN = {"goals": "what goals are set for, in one run of half an hour; what was reached"}
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def nbytes(text: str) -> int:
    """A number of bytes: ``64MiB``, ``1G``, ``4096``."""
    match = re.fullmatch(r"(\d+)\s*([KMG]?)(i?B)?", text, re.IGNORECASE)
    if match is None:
        raise argparse.ArgumentTypeError(f"not a size: {text!r}")
    return int(match[1]) * UNITS[match[2].upper()]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    lines = [f"  {name:12} {text}" for name, text in (SUITES | CHOSEN).items()]
    result = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure anyftp beside its peers.",
        epilog="\n".join(["suites:", *lines, "  all          every one but goals"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("suite", nargs="*", default="all", choices=[*SUITES, *CHOSEN, "all"])
    result.add_argument("--rounds", type=int, default=5, help="runs of each contestant (5)")
    result.add_argument("--size", type=nbytes, default=1 << 30, help="the big file (1GiB)")
    result.add_argument("--backends", default="asyncio,uvloop,trio", help="of anyftp")
    result.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    result.add_argument(
        "--plot",
        type=Path,
        metavar="FILE",
        help="measure nothing: draw what --json has written there into docs/pictures",
    )
    result.add_argument(
        "--quick", action="store_true", help="small and short, to see that it works"
    )
    return result


def machine() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "processors": str(os.cpu_count()),
        "python": platform.python_version(),
        **versions(),
    }


def main() -> None:
    """Run the suites that were asked for."""
    arguments = parser().parse_args()
    if arguments.plot:
        for path in draw(arguments.plot):
            print(path)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leave no folder behind
    quick: bool = arguments.quick
    options = Options(
        rounds=min(arguments.rounds, 2) if quick else arguments.rounds,
        nbytes=min(arguments.size, 64 << 20) if quick else arguments.size,
        quick=quick,
        backends=tuple(arguments.backends.split(",")),
    )
    names = list(SUITES) if "all" in arguments.suite else list(dict.fromkeys(arguments.suite))
    about = machine()
    print(", ".join(f"{name} {text}" for name, text in about.items()))
    print(separate(), flush=True)
    started = time.monotonic()

    def keep(tables: list[dict[str, Any]]) -> None:
        if arguments.json:
            arguments.json.write_text(json.dumps({"machine": about, "tables": tables}, indent=1))

    with workspace(options) as bench:
        bench.keep = keep
        for name in names:
            print(f"\n## {name}\n", flush=True)
            bench.suite = name
            module = importlib.import_module(f"benchmarks.suites.{name.replace('-', '_')}")
            module.main(bench)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
