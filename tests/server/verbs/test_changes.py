"""MKD, RMD, DELE, RNFR, RNTO, MFMT, SITE; SECURITY row F7."""

from __future__ import annotations

import pytest

from anyftp._server import Permission, Server, User
from server.probe import logged_in, server_of
from server.verbs.changed import P, scene

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (["MKD new", "RMD new"], ["257", "250"]),
        (["XMKD new", "XRMD new"], ["257", "250"]),
        (["MKD d", "MKD g", "MKD no/x", "MKD /"], ["550"] * 4),
        (["RMD d", "RMD g", "RMD no", "RMD /"], ["550"] * 4),
        (["DELE g", "DELE g"], ["250", "550"]),
        (["DELE d", "DELE /"], ["550", "550"]),
        (["RNFR g", "RNTO h", "SIZE h"], ["350", "250", "213"]),
        (["RNFR g", "RNTO d/f", "SIZE d/f"], ["350", "250", "213"]),
        (["RNFR no"], ["550"]),
        (["RNTO h"], ["503"]),
        (["RNFR g", "NOOP", "RNTO h"], ["350", "200", "503"]),
        (["RNFR g", "RNFR no", "RNTO h"], ["350", "550", "503"]),
        (["RNFR g", "RNTO h", "RNTO i"], ["350", "250", "503"]),
        (["RNFR /", "RNTO x"], ["350", "550"]),
        (["RNFR d", "RNTO d/x"], ["350", "553"]),
        (["MFMT 20200102030405 g"], ["213"]),
        (["MFMT 2020 g", "MFMT 20200102030405", "MFMT 20200102030405 no"], ["501", "501", "550"]),
        (["SITE CHMOD 640 g", "SITE chmod 0640 g"], ["200", "200"]),
        (["SITE CHMOD 888 g", "SITE CHMOD 640", "SITE CHMOD 640 no"], ["501", "501", "550"]),
        (["SITE UTIME 20200102030405 g", "SITE UTIME 202001020304 g"], ["200", "200"]),
        (
            ["SITE UTIME g 20200102030405 20200102030405 20200102030405 UTC", "SITE UTIME g"],
            ["200", "501"],
        ),
        (["SITE NONSENSE", "SITE", "SITE CHMOD", "SITE HELP"], ["504", "501", "501", "214"]),
    ],
)
async def test_codes(lines: list[str], codes: list[str]) -> None:
    async with logged_in(server_of(scene())) as probe:
        assert await probe.codes(*lines) == codes


async def test_times_are_set() -> None:
    async with logged_in(server_of(scene())) as probe:
        assert await probe.ask("MFMT 20200102030405 g") == "213 Modify=20200102030405; g"
        assert await probe.ask("MDTM g") == "213 20200102030405"
        await probe.ask("SITE UTIME d/f 20200101000000 20210203040506 20200101000000 UTC")
        assert await probe.ask("MDTM d/f") == "213 20210203040506"


@pytest.mark.parametrize(
    ("rights", "lines", "codes"),
    [
        (P.RENAME, ["RNFR g", "RNTO d/f"], ["350", "553"]),
        (P.RENAME, ["RNFR g", "RNTO h"], ["350", "250"]),
        (P.RENAME | P.OVERWRITE, ["RNFR g", "RNTO d/f"], ["350", "250"]),
        (P.ALL & ~P.RENAME, ["RNFR g"], ["550"]),
        (P.ALL & ~P.DELETE, ["DELE g", "RMD d"], ["550", "550"]),
        (P.ALL & ~P.MAKE_DIRECTORY, ["MKD x"], ["550"]),
        (
            P.ALL & ~P.ATTRIBUTES,
            ["MFMT 20200102030405 g", "SITE CHMOD 600 g", "SITE UTIME 20200102030405 g"],
            ["550"] * 3,
        ),
    ],
)
async def test_f7_rights(rights: Permission, lines: list[str], codes: list[str]) -> None:
    server = Server([User("bob", "secret", file_system=scene(), permissions=rights)])
    async with logged_in(server) as probe:
        assert await probe.codes(*lines) == codes
