"""What was found out, as a table."""

import io

import pytest
from rich.console import Console

from anyftp._cli._doctor._findings import Finding, print_findings


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_fits(width: int) -> None:
    output = io.StringIO()
    found = [Finding("resume down", "bad", "REST is ignored " * 8, "Whatever is cut begins anew.")]
    print_findings(Console(file=output, width=width), found)
    assert all(len(line) <= width for line in output.getvalue().splitlines())
    assert "BAD" in output.getvalue()
    assert "\x1b" not in output.getvalue()
