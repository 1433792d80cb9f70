"""The two event loops that the compat layer is tested on."""

from __future__ import annotations

import pytest

from support.clocks import ASYNCIO, UVLOOP

BACKENDS = [pytest.param(ASYNCIO, id="asyncio"), pytest.param(UVLOOP, id="uvloop")]
