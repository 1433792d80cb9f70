from __future__ import annotations


class BaseClient:
    async def command(self, *a: object) -> None: ...
