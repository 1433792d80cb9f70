"""What one transfer of the demo comes to."""

from pathlib import Path

import pytest

from anyftp._cli._demo._transfers import Measurement


def test_error_is_relative() -> None:
    measurement = Measurement("trio", "upload", 1000, Path("x"), nbytes=1010, seconds=1.0)
    assert measurement.error == pytest.approx(0.01)
    measurement.asked = None
    assert measurement.error is None
