"""Some clients of the soak in one process; their figures and files are the last line."""

from collections import Counter

import anyio

from benchmarks.children.meter import Meter, job, run
from benchmarks.children.soak_tenant import Tenant


def main() -> None:
    """Let all of them live for the given time."""
    task = job()
    meter = Meter()
    tenants = [Tenant(name, task) for name in task["users"]]

    async def live() -> None:
        until = anyio.current_time() + task["seconds"]
        async with anyio.create_task_group() as tasks:
            for tenant in tenants:
                tasks.start_soon(tenant.live, until)

    run(task["backend"], live)
    counts: Counter[str] = Counter()
    files: dict[str, str] = {}
    for tenant in tenants:
        counts.update(tenant.counts)
        files.update(tenant.told())
    problems = [problem for tenant in tenants for problem in tenant.problems]
    meter.report(counts=counts, files=files, problems=problems)


if __name__ == "__main__":
    main()
