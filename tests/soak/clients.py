"""Some clients of the soak in one process; their figures and files go into one of their own."""

import json
import sys
from collections import Counter
from pathlib import Path

import anyio

from soak.tenant import Tenant
from support.backends import BY_NAME


def main() -> None:
    """Let all of them live for the given time."""
    task = json.loads(sys.argv[1])
    tenants = [Tenant(name, task) for name in task["users"]]

    async def live() -> None:
        until = anyio.current_time() + task["seconds"]
        async with anyio.create_task_group() as tasks:
            for tenant in tenants:
                tasks.start_soon(tenant.live, until)

    backend, options = BY_NAME[task["backend"]]
    anyio.run(live, backend=backend, backend_options=options)
    counts: Counter[str] = Counter()
    files: dict[str, str] = {}
    for tenant in tenants:
        counts.update(tenant.counts)
        files.update(tenant.told())
    problems = [problem for tenant in tenants for problem in tenant.problems]
    boxes = {tenant.name: tenant.box.lines(tenant.name) for tenant in tenants}
    told = {"counts": counts, "files": files, "problems": problems, "boxes": boxes}
    Path(task["told"]).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
