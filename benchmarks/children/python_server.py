"""A server written in Python: ``python_server '{"server": "aioftp", …}'``.

Prints its port and process id as soon as it accepts; reports what it used since then when its
standard input ends.
"""

import importlib
import os
import sys
import threading

from benchmarks.children.meter import Meter, job, tell


def watch(meter: Meter) -> None:
    """Wait for the end of standard input, report, and leave without ceremony."""
    sys.stdin.buffer.read()
    meter.report()
    sys.stdout.flush()
    os._exit(0)


def ready(port: int) -> None:
    """Tell the port; from here on the server is measured."""
    tell(port=port, pid=os.getpid())
    threading.Thread(target=watch, args=(Meter(),), daemon=True).start()


def main() -> None:
    """Serve until standard input ends."""
    task = job()
    importlib.import_module(f"benchmarks.children.{task['server']}_server").serve(task, ready)


if __name__ == "__main__":
    main()
