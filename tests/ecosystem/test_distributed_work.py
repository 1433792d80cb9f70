"""What one worker of a cluster does: connections that are lost, and who does the rest."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from anyftp import ConnectionLost

pytest.importorskip("distributed", reason="distributed is not installed (nox -s ecosystem does)")

from anyftp.distributed import Copy
from anyftp.distributed._work import Job, _Work


class Losing(_Work):
    """Four hands take a file each at the same time; three of them lose their connections."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.copied: list[tuple[int, str]] = []
        self._ntaken = 0
        self._all_have_one = anyio.Event()

    async def _copy(self, copy: Copy) -> None:
        self._ntaken += 1
        number = self._ntaken
        if number == 4:
            self._all_have_one.set()
        await self._all_have_one.wait()
        if number < 4:
            raise ConnectionLost("500 OOPS: no passive port")
        await anyio.sleep(0.02)  # longer, all in all, than anybody waits before the next try
        self.copied.append((anyio.get_current_task().id, copy.remote))


@pytest.mark.anyio
async def test_who_loses_a_connection_leaves_the_rest_to_the_others() -> None:
    """As at a vsftpd that has fewer passive ports than there are connections."""
    todo = [Copy(f"/{number}", f"{number}", 1000) for number in range(20)]
    work = Losing(Job(True, {}, {}, 4, None, 60.0), None, list(todo), "")
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(work.do)
    assert {name for _, name in work.copied} == {copy.remote for copy in todo}
    assert len({task for task, _ in work.copied}) == 1
    assert work.report.failed == []
