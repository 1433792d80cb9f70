"""Everything that checks this project. `nox` runs what CI needs; `nox -l` lists the sessions.

The session `ci` does so, side by side; then what measures real time, alone.

`nox -s tests-3.12 -- -k throttle` hands what follows `--` to pytest. Interpreters that are absent
are skipped, and it says so.
"""

from __future__ import annotations

import ast
import math
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from queue import SimpleQueue

import nox

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
OLDEST = PYTHONS[0]
AIOFTP = "aioftp==0.28.3"  # the release whose surface the compat layer has
PYFTPDLIB = "pyftpdlib==2.2.0"  # the release whose tests our server is asked
EXTRAS = "argon2,cli,prometheus,shell,socks,status,trio,uvloop,watch"

nox.needs_version = ">=2025.2.9"  # `requires=`
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.stop_on_first_error = False
nox.options.sessions = ["ci"]

#: What CI needs, what takes longest first: two more of them at once than there are processors, for
#: they install, and wait for browsers, peers, and a last test.
SIDE_BY_SIDE = (
    *("tests-3.13", "oldest", "ecosystem", "docs", "interop", "types", "anyio_suite"),
    *("pyftpdlib_suite", "aioftp_suite", "build", "fresh", "trio_typing", "lint"),
)
#: What measures real time has the machine to itself, at the end.
ALONE = ("wallclock-3.13",)


# Hundreds of processes are started, of pytest and of the command. Without bytecode each of them
# would compile all that it imports, and pytest rewrite each test's assertions.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@cache
def as_pip_would() -> dict[str, str]:
    """What tells uv, which reads none of pip's settings, where pip looks for packages."""
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "cert": "SSL_CERT_FILE",
    }
    asked = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    told = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # the newest of all, as with pip
    for line in listed.splitlines():
        setting, _, value = line.partition("=")
        name = names.get(setting.rpartition(".")[2])
        if name is not None and name not in os.environ:
            told.setdefault(name, " ".join(ast.literal_eval(value).split()))
    return told


def install(session: nox.Session, *what: str) -> None:
    session.install(*what, env=as_pip_would())


# Interpreters. nox takes the first `python3.12` on PATH, and with pyenv that is a shim which may
# refuse to run; so each version is tried, and one that works is put in front of PATH, by a session
# that those with other interpreters require.

INTERPRETERS = ROOT / ".nox" / "interpreters"
os.environ["PATH"] = f"{INTERPRETERS}{os.pathsep}{os.environ.get('PATH', '')}"


def candidates(version: str) -> Iterator[Path]:
    """Places where an interpreter of this version may be, likely ones first."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield Path(sys.executable)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield Path(folder) / f"python{version}"
    homes = [os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv"), "/opt/pyenv"]
    for home in filter(None, homes):
        yield from sorted(Path(home, "versions").glob(f"{version}.*/bin/python"), reverse=True)
    uv = Path.home() / ".local/share/uv/python"
    yield from sorted(uv.glob(f"cpython-{version}*/bin/python3"), reverse=True)


def real_interpreter(path: Path, version: str) -> Path | None:
    """The interpreter behind this path, provided that it runs and is of that version."""
    program = "import sys; print(*sys.version_info[:2], sys._base_executable)"
    try:
        answer = subprocess.check_output(
            [path, "-c", program], stderr=subprocess.DEVNULL, text=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor, real = answer.strip().split(maxsplit=2)
    return Path(real) if f"{major}.{minor}" == version else None


@nox.session(venv_backend="none")
def interpreters(session: nox.Session) -> None:
    """Find a Python of each version that the tests run on."""
    if os.name != "posix":
        session.skip("the launcher finds them")
    INTERPRETERS.mkdir(parents=True, exist_ok=True)
    for version in PYTHONS:
        link = INTERPRETERS / f"python{version}"
        if link.exists():  # it may be in use, by a session beside this one
            continue
        link.unlink(missing_ok=True)
        for path in candidates(version):
            real = real_interpreter(path, version) if path.parent != INTERPRETERS else None
            if real is not None:
                link.symlink_to(real)
                break
        else:
            session.warn(f"no Python {version} on this machine, what needs it is skipped")


@nox.session(venv_backend="none", requires=["interpreters"])
def ci(session: nox.Session) -> None:
    """All that CI needs."""
    results: dict[str, str] = {}
    began = time.monotonic()
    at_once = (os.cpu_count() or 1) + 2
    places: SimpleQueue[int] = SimpleQueue()
    for place in range(at_once):
        places.put(place)

    def install_alone() -> None:
        """Whatever goes wrong here goes wrong again, and is told, when these sessions run."""
        command = [sys.executable, "-m", "nox", "--install-only", "-s", *ALONE]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False)

    def perform(name: str) -> None:
        """Run a session; its output, with that of others beside it, is printed in one piece."""
        print(f"{name}: begins at {time.monotonic() - began:.0f} s", flush=True)
        at, place = time.monotonic(), places.get()
        env = {**os.environ, "ANYFTP_TEST_RUN": f"{place}/{at_once}"}  # for ports of its own
        command = [sys.executable, "-m", "nox", "-s", name, "--", *session.posargs]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        places.put(place)
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.flush()
        word = "failed" if done.returncode else "done"
        results[name] = f"{name}: {word} in {time.monotonic() - at:.0f} s"
        print(results[name], flush=True)

    with ThreadPoolExecutor(at_once) as processors:
        for name in SIDE_BY_SIDE:
            processors.submit(perform, name)
        processors.submit(install_alone)
    for name in ALONE:
        perform(name)
    print(*results.values(), f"all: {time.monotonic() - began:.0f} s", sep="\n", flush=True)
    failed = [name for name in (*SIDE_BY_SIDE, *ALONE) if " done " not in results.get(name, "")]
    if failed:
        session.error(f"failed: {', '.join(failed)}")


def group(*names: str) -> list[str]:
    """The requirements of dependency groups of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, *names))


def pytest(session: nox.Session, *arguments: str, codes: tuple[int, ...] = (0,)) -> None:
    command = ["python", "-m", "pytest", *arguments, *session.posargs]
    session.run(*command, success_codes=codes)


def spread(nprocesses: float) -> tuple[str, ...]:
    """So many processes for each processor."""
    number = min(math.ceil(nprocesses * (os.cpu_count() or 1)), 8)
    return "-n", str(number), "--dist", "worksteal", "--one-reads-first"


#: A third of the time our tests wait, for a process, a socket or a time-out; what is left over
#: belongs to other sessions. Each process reads all tests, which takes five seconds of a processor.
SPREAD = spread(2)
#: For those that are half as long, and run beside these.
NARROW = spread(1)
#: Those with other programs wait for more than half of it, and there are few to read.
WIDE_SPREAD = spread(1.5)
NOTHING_SELECTED = 5  # as when `-- -k throttle` leaves no such test


#: These have sessions of their own, which install what they import.
ELSEWHERE = ("tests/interop", "tests/ecosystem", "tests/distributed", "tests/test_docs.py")


#: What fails here fails by the operating system, or by lines of ours, whatever is installed.
NO_DEPENDENCY = (
    "tests/cli/test_faults.py",
    "tests/cli/test_surroundings.py",
    "tests/cli/given/test_standard_input.py",
    "tests/cli/serving/test_workers.py",
    "tests/status/test_page.py",
    "tests/test_architecture.py",
)


#: What needs no other program.
OURS = "not interop and not matrix"


def in_many_processes(session: nox.Session, *options: str) -> None:
    """All tests but those against other programs, and those whose subject is real time."""
    others = (*(f"--ignore={path}" for path in ELSEWHERE), *options)
    pytest(session, *others, "-m", f"{OURS} and not wallclock")


def in_real_time(session: nox.Session, *options: str) -> None:
    """Each of the others with a processor to itself; they sleep for most of the time."""
    texts = {path: path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    # To read all tests would take longer.
    marked = [path for path, text in texts.items() if "mark.wallclock" in text]
    files = (str(path.relative_to(ROOT)) for path in marked)
    marks = (*options, "-rs", "-m", f"{OURS} and wallclock", *spread(1))
    pytest(session, *marks, *files, codes=(0, NOTHING_SELECTED))


@nox.session
def lint(session: nox.Session) -> None:
    """ruff: rules and formatting."""
    install(session, *group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict, on all code; pyright on what a user's type checker sees of us.

    Among the tests are programs typed against aioftp; with one line changed each is checked again.
    """
    install(session, "-e", f".[{EXTRAS}]", *group("types", "test", "interop"))
    session.run("mypy", "src", "compat", "tests", "docs/examples")
    for package in ("anyftp", "anyftp_compat"):
        session.run("basedpyright", "--verifytypes", package, "--ignoreexternal", silent=True)
    moved = Path(session.create_tmp()) / "moved"
    shutil.rmtree(moved, ignore_errors=True)
    moved.mkdir()
    for program in sorted((ROOT / "tests" / "compat" / "programs").glob("*.py")):
        text = program.read_text("utf-8")
        text = text.replace("import aioftp\n", "import anyftp_compat as aioftp\n")
        (moved / program.name).write_text(text, "utf-8")
    session.chdir(moved)  # away from our own mypy settings
    session.run("mypy", "--strict", ".")


@nox.session(python=PYTHONS, download_python="never", requires=["interpreters"])
def tests(session: nox.Session) -> None:
    """All tests but those of real time and against others; on uvloop where it can matter.

    The compat layer is compared with aioftp itself, hence the group interop.
    """
    install(session, "-e", f".[{EXTRAS}]", *group("test", "interop"))
    in_many_processes(session, *SPREAD)


@nox.session(python=PYTHONS, download_python="never", requires=["interpreters"])
def wallclock(session: nox.Session) -> None:
    """The tests whose subject is real time: on a machine that has nothing else to do."""
    install(session, "-e", f".[{EXTRAS},redis]", *group("test", "interop"))
    in_real_time(session)


@nox.session
def tests_all_loops(session: nox.Session) -> None:
    """The same, each row of each table on each loop, uvloop as well; not part of CI."""
    install(session, "-e", f".[{EXTRAS},redis]", *group("test", "interop"))
    in_many_processes(session, "--all-loops", "--every-loop", *SPREAD)
    in_real_time(session, "--all-loops", "--every-loop")


@nox.session
def deep(session: nox.Session) -> None:
    """All of it: every row of each matrix on each loop, ten times the examples; not part of CI."""
    session.env["ANYFTP_DEEP"] = "1"
    install(session, "-e", f".[{EXTRAS},redis]", *group("test", "interop"))
    in_many_processes(session, "--every-loop", *SPREAD)
    in_real_time(session, "--every-loop")


@nox.session(python=OLDEST, download_python="never", requires=["interpreters"])
def oldest(session: nox.Session) -> None:
    """The same on the oldest Python, with the oldest dependencies that pyproject.toml allows.

    What a dependency does otherwise shows wherever it is called, and not in one row of a table
    alone. So every test runs, on one loop, with two rows of its table; all of them only where
    bytes move (streams, net). Tests of fsspec's own have four, of servers and of kinds of patterns.
    `nox -s oldest -- --every-loop --few 0` runs all. What asks shells, disks, a browser, many
    processes and the clock on the wall is left to the session of the newest.
    """
    extras = PROJECT["project"]["optional-dependencies"]
    tested = [*EXTRAS.split(","), "fsspec"]
    wanted = [*PROJECT["project"]["dependencies"], *(r for name in tested for r in extras[name])]
    pins = [re.sub(r">=([\w.]+)", r"==\1", requirement) for requirement in wanted]
    rivals = [each for each in group("interop") if not each.startswith("fsspec")]  # it is pinned
    install(session, "-e", f".[{EXTRAS}]", *pins, *group("test"), *rivals)
    less = (f"--ignore={path}" for path in NO_DEPENDENCY)
    in_many_processes(session, "--one-loop", "--few", "2", *NARROW, *less)
    of_fsspec = sorted(str(path) for path in Path("tests/ecosystem").glob("test_fsspec*.py"))
    few = ("--one-loop", "--few", "4", *NARROW)
    pytest(session, *few, *of_fsspec, codes=(0, NOTHING_SELECTED))


@nox.session
def interop(session: nox.Session) -> None:
    """Against other programs, as processes on loopback; absent ones are skipped, and named."""
    install(session, "-e", f".[{EXTRAS}]", *group("test", "interop"))
    marks = ("-m", "interop and not matrix", "-rs")
    pytest(session, *marks, *WIDE_SPREAD, "tests/interop", "tests/soak", "tests/compat")


def tests_of(session: nox.Session, release: str) -> Path:
    """Unpack the folder tests from a release's source archive; its sources stay where they are."""
    folder = Path(session.create_tmp()).resolve()
    project = release.partition("==")[0]
    options = ("--quiet", "--no-deps", "--no-binary", project, "--no-build-isolation")
    install(session, "pip")  # uv does not download
    session.run("python", "-m", "pip", "download", *options, "-d", str(folder), release)
    (archive,) = folder.glob(f"{project}-*.tar.gz")
    shutil.rmtree(folder / "tests", ignore_errors=True)
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            _, _, member.name = member.name.partition("/")
            if member.name.startswith("tests/"):
                tar.extract(member, folder, filter="data")
    return folder


@nox.session
def aioftp_suite(session: nox.Session) -> None:
    """aioftp's own tests, from its archive, through the compat layer."""
    install(session, f".[{EXTRAS}]", *group("aioftp-suite"))
    folder = tests_of(session, AIOFTP)
    ours = ROOT / "tests" / "compat" / "aioftp_suite"
    options = ("-q", "-c", str(ours / "pytest.ini"), "--rootdir", str(folder))
    session.env["PYTHONPATH"] = str(ours)
    session.chdir(folder)
    pytest(session, *options, str(folder / "tests"))


@nox.session
def pyftpdlib_suite(session: nox.Session) -> None:
    """pyftpdlib's own functional tests, from its archive, aimed at our server."""
    install(session, f".[{EXTRAS}]", PYFTPDLIB, *group("pyftpdlib-suite"))
    folder = tests_of(session, PYFTPDLIB)
    ours = ROOT / "tests" / "interop" / "pyftpdlib_suite"
    session.env["PYTHONPATH"] = str(ours)
    home = folder / "home"  # what is served, and where the tests put their files
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    session.chdir(home)
    options = ("-q", "-c", str(ours / "pytest.ini"), "--rootdir", str(folder))
    pytest(session, *options, str(folder / "tests" / "test_functional.py"))


@nox.session
def matrix(session: nox.Session) -> None:
    """Our client on each server: operations in every way, gateways that cut; not part of CI."""
    install(session, "-e", f".[{EXTRAS}]", *group("test", "interop"))
    pytest(session, "-m", "matrix", "-rs", "-n", "2", "tests/interop")


@nox.session
def ecosystem(session: nox.Session) -> None:
    """What others build on us: fsspec and who uses it, pytest's plugin, pools; and their pages."""
    install(session, "-e", f".[{EXTRAS},fsspec,pytest]", *group("test", "interop", "ecosystem"))
    others = ("tests/ecosystem", "tests/distributed")
    pytest(session, "-rs", "-m", "not wallclock", *WIDE_SPREAD, *others)
    pytest(
        session,
        "-rs",
        "tests/test_docs.py",
        "-k",
        "fsspec or share or several or test.md or tls or frameworks or http_streaming",
    )


@nox.session(reuse_venv=False)
def fresh(session: nox.Session) -> None:
    """In a new environment, from the wheel: URLs for pandas, and a fixture without a conftest."""
    with tempfile.TemporaryDirectory() as name:  # nothing above it is ours
        folder = Path(name)
        install(session, "pip")
        wheel_of = ("--quiet", "--no-deps", "--wheel-dir", str(folder))
        session.run("python", "-m", "pip", "wheel", *wheel_of, str(ROOT))
        (wheel,) = folder.glob("*.whl")
        shutil.copytree(ROOT / "tests" / "ecosystem" / "fresh", folder / "fresh")
        session.chdir(folder / "fresh")
        install(session, f"{wheel}[fsspec]", "pandas")
        session.run("python", "pandas_by_url.py")
        install(session, f"{wheel}[pytest]")
        session.run("python", "-m", "pytest", "-q", "without_conftest.py")
        session.chdir(ROOT)


@nox.session
def airflow(session: nox.Session) -> None:
    """The recipe for Airflow, with Airflow."""
    install(session, "-e", f".[{EXTRAS},fsspec]", *group("test"), "apache-airflow-task-sdk")
    session.env["AIRFLOW_HOME"] = str(Path(session.create_tmp()).resolve())  # for SQLite's URL
    pytest(session, "-rs", "-W", "default", "tests/test_docs.py", "-k", "frameworks")


@nox.session
def ray(session: nox.Session) -> None:
    """The example for Ray, with Ray."""
    install(session, "-e", f".[{EXTRAS},fsspec]", *group("test"), "ray")
    session.env["RAY_USAGE_STATS_ENABLED"] = "0"
    patience = ("--timeout", "300")  # it starts a dozen processes
    pytest(session, "-rs", "-W", "default", *patience, "tests/test_docs.py", "-k", "fsspec")


@nox.session
def anyio_suite(session: nox.Session) -> None:
    """anyio's own tests of streams, from its source archive, on each kind of stream of ours."""
    install(session, "-e", f".[{EXTRAS}]", "pytest", "pytest-mock", "pytest-timeout", "trustme")
    install(session, "psutil", "truststore", "blockbuster", "pip")
    program = "from importlib.metadata import version; print(version('anyio'))"
    release = session.run("python", "-c", program, silent=True).strip()
    folder = Path(session.create_tmp())
    archive = folder / f"anyio-{release}"
    if not archive.exists():
        wanted = ("--no-deps", "--no-binary", ":all:", "-d", str(folder), f"anyio=={release}")
        session.run("python", "-m", "pip", "-q", "download", *wanted)
        shutil.unpack_archive(f"{archive}.tar.gz", folder, filter="data")
    session.chdir(archive)
    tests = ("test_sockets.py::TestTCPStream", "test_sockets.py::TestUNIXStream")
    tests += ("streams/test_tls.py", "streams/test_buffered.py", "streams/test_text.py")
    for kind in ("SocketStream", "StreamIO", "ThrottleStreamIO"):
        session.run(
            *("python", "-m", "pytest", "-q", "--tb=short", "-p", "support.anyio_suite"),
            *(f"tests/{test}" for test in tests),
            env={"ANYFTP_STREAM": kind, "PYTHONPATH": str(ROOT / "tests")},
        )


@nox.session
def docs(session: nox.Session) -> None:
    """Run every example of README and docs/, follow all links, and build the pages."""
    install(session, "-e", f".[{EXTRAS}]", *group("test", "docs"))
    pytest(session, "tests/test_docs.py")
    session.run("sphinx-build", "-q", "-W", "--keep-going", "docs", "build/docs")
    session.run("python", "docs/check_pages.py", "build/docs")


@nox.session
def trio_typing(session: nox.Session) -> None:
    """A user's program is type-checked while the retired trio-typing stubs lie about trio."""
    install(
        session, f".[{EXTRAS}]", "trio-typing", *group("types")
    )  # not editable: as users have it
    program = ROOT / "docs" / "examples" / "typed_program.py"
    session.chdir(session.create_tmp())  # and away from our own mypy settings
    session.run("mypy", "--strict", str(program))


@nox.session
def bench(session: nox.Session) -> None:
    """The measured paths against peers; not part of CI, machines differ."""
    install(session, "-e", f".[{EXTRAS}]", *group("test", "interop"))
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build both archives and use the wheel in an empty environment."""
    install(session, "build")
    output = Path(session.create_tmp()) / "dist"
    shutil.rmtree(output, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(output), silent=True)
    (wheel,) = output.glob("*.whl")
    install(session, "--force-reinstall", str(wheel))
    session.run("python", "-c", "import anyftp, anyftp_compat; print(anyftp.__version__)")
