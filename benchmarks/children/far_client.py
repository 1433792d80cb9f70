"""A tree of small files over a link with a round trip of 20 ms: ``far_client '{"jobs": 4, …}'``.

Server and client are in this process, with a network in memory between them, so that the wall time
tells how many round trips are made and how many of them at once; it is real time. Connecting takes
a round trip too.
"""

from pathlib import Path
from typing import Any

import anyftp
from anyftp.testing import Link, MemoryNetwork, memory_server
from benchmarks.children.meter import Meter, job, run, tell

LATENCY = 0.01
JOBS = 8


async def measured(task: dict[str, Any]) -> dict[str, Any]:
    """Download the tree, or upload it."""
    files = anyftp.LocalFileSystem(task["root"])
    users = [anyftp.User(file_system=files, permissions=anyftp.Permission.ALL)]
    network = MemoryNetwork(Link(latency=LATENCY))
    async with (
        memory_server(users, network=network, max_connections_per_address=JOBS) as dial,
        anyftp.Client.context("ftp.example.org", dialler=dial) as client,
    ):
        meter = Meter()
        if task["work"] == "tree-down":
            await client.download("far", Path(task["target"], task["name"]), jobs=task["jobs"])
        else:
            path = f"incoming/{task['name']}"
            await client.upload(Path(task["root"], "far"), path, jobs=task["jobs"])
        return meter.read()


def main() -> None:
    """Do the task, print the figures."""
    task = job()
    result: dict[str, Any] = {}

    async def work() -> None:
        result.update(await measured(task))

    run(task["backend"], work)
    tell(**result)


if __name__ == "__main__":
    main()
