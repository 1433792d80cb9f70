"""What works once one is in."""

from pathlib import Path

from cli.doctor.asking import findings
from support.serving import anyftp_serve


def test_nothing_is_written_unless_asked(url: str) -> None:
    _, found = findings(f"ftp://{url}")
    for about in ("resume up", "clock", "rate up"):
        assert found[about][0] == "skipped"


def test_where_nothing_may_be_written(url: str) -> None:
    done, found = findings("--write", f"ftp://{url.partition('@')[2]}")
    assert done.returncode == 0
    assert found["writing"][0] == "note"
    assert found["rate up"][0] == "note"


def test_an_address_that_nat_has_mangled(root: Path) -> None:
    with anyftp_serve(root, "--passive-host", "10.1.2.3") as port:
        done, found = findings(f"ftp://127.0.0.1:{port}/")
    assert found["PASV"] == ("note", "names 10.1.2.3 (private), where 127.0.0.1 answers")
    assert found["EPSV"][0] == "ok"
    assert done.returncode == 0
