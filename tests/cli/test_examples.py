"""What the docs have for whoever comes from another server, or runs this one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from anyftp._cli._serving._accounts import _FIELDS
from anyftp._cli._serving._config_file import _key
from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = DOCS / "examples"
SERVERS = ("vsftpd", "proftpd", "pure-ftpd")


def rows_of(server: str) -> list[str]:
    """The right column of the table of a server."""
    page = (DOCS / "how-to" / "come-from.md").read_text("utf-8")
    section = page.split(f"## From {server}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [row.strip("| ").split(" | ")[1] for row in rows]


@pytest.mark.parametrize("server", SERVERS)
def test_each_key_that_is_named_is_one(server: str, tmp_path: Path) -> None:
    rows = rows_of(server)
    assert len(rows) > 15
    known = {_key(param) for param in serve.params}
    for row in rows:
        for code in re.findall(r"`([^`]+)`", row):
            name = code.partition(" ")[0]
            assert name in known | _FIELDS.keys() | {"anyftp"}, code
        values = [code for code in re.findall(r"`([^`]+)`", row) if " = " in code]
        for value in values:
            text = "folder = '.'\n" if not value.startswith("folder") else ""
            tomllib.loads(value)
            file = tmp_path / "anyftp.toml"
            file.write_text(f"{text}{value.replace('ftp:ftp', '0:0')}\n")
            with serve.make_context("serve", ["--config", str(file)]) as ctx:
                assert Settings.of(ctx)


def test_the_container_runs_what_there_is() -> None:
    text = (EXAMPLES / "Containerfile").read_text("utf-8")
    entry = re.search(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)
    assert entry
    shell = json.loads(entry[1])
    assert shell[:2] == ["/bin/sh", "-c"]
    script = shell[2].replace("exec anyftp", "printf '%s\\n'")
    for host, more in (("", []), ("203.0.113.9", ["--passive-host", "203.0.113.9"])):
        done = subprocess.run(
            ["/bin/sh", "-c", script, "anyftp", "--read-only"],
            env={"PASSIVE_HOST": host, "PASSIVE_PORTS": "50000-50099"},
            capture_output=True,
            text=True,
            check=True,
        )
        command, *words = done.stdout.splitlines()
        assert command == "serve"
        assert [word for word in words if word in more] == more
        with serve.make_context("serve", words) as ctx:
            settings = Settings.of(ctx)
        assert settings.passive_ports == range(50000, 50100)
        assert settings.read_only
        assert bool(settings.passive_host) == bool(host)


def test_the_unit_is_one(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze on this machine (see .ci/run)")
    for name in ("anyftp.socket", "anyftp.service"):
        text = (EXAMPLES / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("/opt/anyftp/bin/anyftp", "/bin/true"))
    done = subprocess.run(
        [program, "verify", "--man=no", "--recursive-errors=no", str(tmp_path / "anyftp.service")],
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    exec_start = re.search(
        r"^ExecStart=\S+ (.*)$", (EXAMPLES / "anyftp.service").read_text("utf-8"), re.M
    )
    assert exec_start
    assert exec_start[1] == "serve --config /etc/anyftp/anyftp.toml"
