"""RNFR and RNTO, and the rights that they need."""

from __future__ import annotations

import pytest

from anyftp._server import Server, User
from server.probe import logged_in
from server.verbs.changed import P, scene

pytestmark = pytest.mark.anyio


async def test_renaming_out_of_a_folder_needs_rights_in_both() -> None:
    rules = {"/": P.ALL, "/d": P.READ_ONLY}
    server = Server([User("bob", "secret", file_system=scene(), permissions=rules)])
    async with logged_in(server) as probe:
        assert await probe.codes("RNFR d/f", "RNFR g", "RNTO d/g") == ["550", "350", "550"]
