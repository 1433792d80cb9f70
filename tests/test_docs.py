"""Every example of README and docs/ runs, and every link between the pages leads somewhere.

The examples speak to ftp.example.org. Here that name is replaced by `anyftp serve` on loopback,
with a certificate that the examples find good, as the default trust is the tests' authority.
Programs run in an empty folder, as a reader's would; commands in one with two files, report.txt and
secret.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import click
import pytest
from fsspec.asyn import get_loop

import anyftp
import anyftp_compat
from anyftp._cli._main import anyftp as cli
from support.redis import redis_running
from support.serving import anyftp_serve

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Where our files are for readers on the web.
BLOB = "https://github.com/anyftp/anyftp/blob/main/"
#: Tests with our fixtures; tests/ecosystem/test_pytest_plugin.py hands them to pytest.
OF_PYTEST = re.compile(r"^(async )?def test_\w+\(\w*ftp_server\)", re.MULTILINE)
#: Packages that examples use and that only the session `ecosystem` is sure to have.
OF_OTHERS = re.compile(
    r"^(?:import|from) (pandas|zarr|xarray|dask|distributed|coredis|redis|truststore"
    r"|airflow|django|opentelemetry|ray|starlette|httpx)\b",
    re.MULTILINE,
)
LINK = re.compile(r"\]\(([^)\s#]+)(#[^)\s]*)?\)")


@dataclass(frozen=True)
class Example:
    page: Path
    line: int
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def examples(language: str) -> list[Example]:
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for match in FENCE.finditer(text):
            if match[1] == language:
                line = text.count("\n", 0, match.start()) + 2
                found.append(Example(page, line, match[2]))
    return found


def commands() -> list[Example]:
    """Each line that begins with `anyftp` and speaks to ftp.example.org."""
    return [
        Example(block.page, block.line + number, line)
        for block in examples("sh")
        for number, line in enumerate(block.text.splitlines())
        if line.startswith("anyftp ") and "//ftp.example.org" in line
    ]


@dataclass(frozen=True)
class Site:
    """What stands for ftp.example.org."""

    port: int
    implicit_port: int

    def localize(self, text: str) -> str:
        """Put the test server's address where the example has ftp.example.org."""
        secure, plain = self.implicit_port, self.port
        text = re.sub(r"ftps://([\w:@]*)ftp\.example\.org", rf"ftps://\1localhost:{secure}", text)
        text = re.sub(r"ftp://([\w:@]*)ftp\.example\.org", rf"ftp://\1localhost:{plain}", text)
        text = text.replace('host="ftp.example.org"', f'host="localhost", port={plain}')
        text = text.replace('"ftp.example.org", 990', f'"localhost", {secure}')
        return re.sub(r'"ftp\.example\.org"(, 21\b)?', f'"localhost", {plain}', text)


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, certificate_files: tuple[Path, Path, Path]
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    for name in ("pub", "incoming", "notes"):
        (folder / name).mkdir()
    (folder / "pub" / "report.txt").write_text("All is well.\n" * 1000)
    chain, key, _ = certificate_files
    options = ["--user", "alice:wonder", "--anonymous", "--cert", str(chain), "--key", str(key)]
    with (
        anyftp_serve(folder, *options) as port,
        anyftp_serve(folder, *options, "--implicit-tls") as implicit_port,
    ):
        yield Site(port, implicit_port)


@pytest.fixture
def workplace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate_files: tuple[Path, Path, Path]
) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_files[2]))
    monkeypatch.setattr("anyftp._net._tls._default", [])  # kept for the process; not what we trust
    return tmp_path


@pytest.fixture
def no_aioftp() -> Iterator[None]:
    """An example puts our package in aioftp's place; other tests need the real one."""

    def taken_out() -> dict[str, ModuleType]:
        names = [name for name in sys.modules if name.partition(".")[0] == "aioftp"]
        return {name: sys.modules.pop(name) for name in names}

    real = taken_out()
    yield
    taken_out()
    sys.modules.update(real)


def require_entry_point(group: str, name: str) -> None:
    if name not in {point.name for point in entry_points(group=group)}:
        pytest.skip(f"installed before it had the entry point {name}: pip install -e . again")


@pytest.fixture(scope="module", autouse=True)
def loops_of_others(warm_backends: None) -> None:
    """fsspec and zarr have an event loop each for the life of the process: no leak of some test."""
    get_loop()
    if importlib.util.find_spec("zarr") is not None:
        zarr = importlib.import_module("zarr")
        zarr.create_array({}, shape=(1,), dtype="i1")


@pytest.fixture
def no_kept_connections() -> Iterator[None]:
    """fsspec keeps each file system for the next who asks for it, and that keeps connections."""
    yield
    if "anyftp.fsspec" in sys.modules:
        sys.modules["anyftp.fsspec"].FTPFileSystem.clear_instance_cache()


@pytest.mark.usefixtures("no_aioftp", "no_kept_connections")
@pytest.mark.parametrize(
    "example",
    [one for one in examples("python") if not OF_PYTEST.search(one.text)],
    ids=lambda example: example.name,
)
def test_example_runs(example: Example, site: Site, workplace: Path) -> None:
    if "anyftp.shared" in example.text:
        pytest.importorskip("coredis", reason="coredis is not installed (nox -s ecosystem does)")
    needed = {"httpx2"} if "starlette.testclient" in example.text else set()
    for name in (*needed, *OF_OTHERS.findall(example.text)):
        if name == "ray" and importlib.util.find_spec(name) is not None:
            continue
        reason = f"{name} is not installed (nox -s ecosystem does)"
        if pytest.importorskip(name, reason=reason).__file__ is None:
            pytest.skip(reason)  # what bears its name is a folder of tests
    if "anyftp://" in example.text or '"anyftp"' in example.text:
        require_entry_point("fsspec.specs", "anyftp")
    text = site.localize(example.text)
    with ExitStack() as stack:
        if "redis://localhost" in text:
            url = stack.enter_context(redis_running(workplace)).url
            text = text.replace("redis://localhost", url)
        # As many blank lines in front as the page has, so that a traceback names its line.
        # Its folder is on the path of some: under a name that no package has.
        program = workplace / f"of_{example.page.stem}.py"
        program.write_text("\n" * (example.line - 1) + text, "utf-8")
        if "import ray" in text:  # which leaves much open, for the life of the process
            subprocess.run([sys.executable, str(program)], check=True, timeout=250)
        else:
            runpy.run_path(str(program), run_name="__main__")


PROGRAMS = ["nightly_mirror", "hundred_files", "test_suite", "gateway", "http_streaming"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_whole_program_runs(name: str, site: Site, workplace: Path) -> None:
    if name == "http_streaming":
        for needed in ("starlette", "httpx2"):
            pytest.importorskip(needed, reason=f"{needed} is not installed (nox -s ecosystem does)")
    text = (ROOT / "docs" / "examples" / f"{name}.py").read_text("utf-8")
    text = site.localize(text.replace("HOST, 21", f"HOST, {site.port}"))
    text = text.replace(f'"localhost", {site.port}, ', '"localhost", ')  # where HOST is set
    program = workplace / f"{name}.py"
    program.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=workplace,
        capture_output=True,
        text=True,
        timeout=18,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", commands(), ids=lambda example: example.name)
def test_command_runs(example: Example, site: Site, workplace: Path) -> None:
    (workplace / "report.txt").write_text("Nothing to report.\n")
    (workplace / "secret").write_text("wonder\n")
    words, _, redirected = site.localize(example.text).partition(" < ")
    command = [sys.executable, "-m", *shlex.split(words, comments=True)]
    source = (workplace / redirected.strip()).read_bytes() if redirected else b""
    subprocess.run(command, input=source, check=True, timeout=18)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [found[1] for found in LINK.finditer(page.read_text("utf-8"))]
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    ours = [link.removeprefix(BLOB) for link in links if link.startswith(BLOB)]
    assert not [link for link in local if not (page.parent / link).exists()]
    assert not [link for link in ours if not (ROOT / link).exists()]


def test_the_readme_has_absolute_links() -> None:
    """It is the page of the project on PyPI as well, where relative ones lead nowhere."""
    links = [found[1] for found in LINK.finditer((ROOT / "README.md").read_text("utf-8"))]
    assert [link for link in links if link.startswith(BLOB)]
    assert not [link for link in links if "://" not in link]


def test_the_reference_has_every_public_name() -> None:
    text = "".join(page.read_text("utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
    described = set(re.findall(r"^\.\. auto\w+:: anyftp\.(\w+)$", text, re.MULTILINE))
    public = {
        name
        for name in dir(anyftp)
        if not name.startswith("_") and not isinstance(getattr(anyftp, name), ModuleType)
    } - {"TYPE_CHECKING", "lazily"}
    assert public - described == set()


def cli_commands() -> list[click.Command]:
    context = click.Context(cli)
    found = [cli.get_command(context, name) for name in cli.list_commands(context)]
    return [command for command in found if command is not None]


def test_the_commands_page_has_every_option() -> None:
    """Long names, wherever on the page."""
    page = (ROOT / "docs" / "command.md").read_text("utf-8")
    options = {
        name
        for command in cli_commands()
        for param in command.params
        for name in (*param.opts, *param.secondary_opts)
        if name.startswith("--") and name != "--help"
    }
    assert {name for name in options if name not in page} == set()


def test_readme_prints_the_two_commands() -> None:
    """.ci/run looks for the second one in exactly this form."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len([line for line in lines if re.fullmatch(r"python3 -m venv .*/nox", line)]) == 1
    assert len([line for line in lines if re.fullmatch(r"python3 .*/anyftp demo", line)]) == 1


def test_what_the_comparison_says_has_tests() -> None:
    """The last column of the table leads to a test, or a file of them, that is there."""
    page = (ROOT / "docs" / "compare.md").read_text("utf-8")
    rows = re.findall(rf"\[test\]\({BLOB}(tests/[\w/.]+)#?(\w*)\) \|$", page, re.MULTILINE)
    assert len(rows) > 20
    for path, name in rows:
        text = (ROOT / path).read_text("utf-8")
        assert not name or re.search(rf"(def|class) {name}\b", text), (path, name)


def test_the_messages_of_troubleshooting_are_ours() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    system = ("No space left on device", "nothing within 60 s")  # the system's, or with a number
    for message in re.findall(r'"([^"\n]+)"', "".join(re.findall(r"^## .*$", page, re.MULTILINE))):
        assert message in source or message in system, message


def test_the_client_s_methods_are_all_in_a_group() -> None:
    page = (ROOT / "docs" / "reference" / "client.md").read_text("utf-8")
    shown = re.findall(r"auto(?:method|property):: anyftp\.Client\.(\w+)$", page, re.MULTILINE)
    public = [name for name in dir(anyftp.Client) if not name.startswith("_")]
    assert sorted(shown) == sorted(public)


def test_every_name_of_the_compat_layer_is_listed() -> None:
    page = (ROOT / "docs" / "reference" / "compat.md").read_text("utf-8")
    assert [name for name in anyftp_compat.__all__ if f"   {name}\n" not in page] == ["__version__"]
