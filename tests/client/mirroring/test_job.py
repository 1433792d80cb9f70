"""What a mirror may delete, by counts and by shares."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp import LocalProtocolError
from anyftp._client._mirroring._job import MirrorJob
from client.peer import Peer

pytestmark = pytest.mark.anyio


async def test_a_share_is_what_it_says(anyio_backend: object) -> None:
    async with Peer().client() as client:
        session = client._connected()

        @given(st.integers(0, 100), st.integers(1, 10_000), st.data())
        def check(percent: int, count: int, data: st.DataObject) -> None:
            job = MirrorJob(session=session, max_delete=float(f"{percent / 100:.2f}"))
            allowed = int(Fraction(percent, 100) * count)
            job.check_amount(data.draw(st.integers(0, allowed)), count)
            job.check_amount(allowed, count)
            with pytest.raises(LocalProtocolError, match=f"max_delete={job.max_delete}"):
                job.check_amount(allowed + 1, count)

        check()


async def test_whole_numbers_are_counts(anyio_backend: object) -> None:
    async with Peer().client() as client:
        job = MirrorJob(session=client._connected(), max_delete=1)
        job.check_amount(1, 1000)
        with pytest.raises(LocalProtocolError, match="2 of 1000"):
            job.check_amount(2, 1000)
        MirrorJob(session=client._connected()).check_amount(1000, 1000)
