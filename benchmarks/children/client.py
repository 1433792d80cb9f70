"""A Python client that does one task: ``python -m benchmarks.children.client '{"client": …}'``.

Measured from before the connection to after QUIT; imports and the making of the event loop are not.
"""

import importlib
from typing import Any

from benchmarks.children.meter import Meter, job, run, tell

BLOCKING = ("blocking", "ftplib")


def main() -> None:
    """Do the task, print the figures."""
    task = job()
    work = importlib.import_module(f"benchmarks.children.{task['client']}_client").work
    result: dict[str, Any] = {}
    if task["client"] in BLOCKING:
        meter = Meter()
        result.update(work(task))
        result.update(meter.read())
    else:

        async def measured() -> None:
            meter = Meter()
            result.update(await work(task))
            result.update(meter.read())

        run(task["backend"], measured)
    tell(**result)


if __name__ == "__main__":
    main()
