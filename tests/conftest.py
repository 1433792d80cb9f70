"""Fixtures of all tests: backends, a certificate authority, a watch on leaked descriptors."""

from __future__ import annotations

import contextlib
import gc
import signal
import ssl
import sys
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import HealthCheck, settings

from support.clocks import BACKENDS, Backend, warm_up
from support.depth import deep
from support.leaks import leaked_since, open_descriptors
from support.patient_clocks import busy_threads_counted

#: Names and addresses that the test server's certificate is good for.
SERVER_NAMES = ("localhost", "127.0.0.1", "::1", "ftp.example.org")


# How long an example takes says more about the machine than about the code.
settings.register_profile(
    "calm",
    max_examples=deep(40, 1000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("few", settings.get_profile("calm"), max_examples=10)
settings.load_profile("calm")


#: Seconds after which nobody waits for whoever reads the tests first.
MOST_PATIENCE = 60.0

#: As the names of tests have them.
LOOPS = ("asyncio", "trio", "uvloop")

#: Where uvloop's own ways can matter: where bytes move, and where everything is cancelled.
#: Elsewhere it runs the same code as asyncio's loop; `--all-loops` runs those tests on it as well.
UVLOOP_MATTERS = ("streams", "net", "fs", "interop", "throttle", "testing")

#: Where all rows of a table run, though few are asked for: it is dependencies that move them.
BYTES_MOVE = ("streams", "net")
#: Not here: how long each stream waits for its part is arithmetic, by clocks that jump.
NO_BYTES_MOVE = ("test_sharing",)

#: A table of more rows runs each of them on one loop; the table as a whole runs on all.
ROWS_ON_EVERY_LOOP = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-loops", action="store_true", help="run each async test on uvloop too")
    parser.addoption(
        "--one-loop", action="store_true", help="run each async test on one loop, by its name"
    )
    parser.addoption("--every-loop", action="store_true", help="whatever --one-loop and marks say")
    parser.addoption(
        "--one-reads-first",
        action="store_true",
        help="of pytest-xdist's processes, one compiles what all are to import",
    )
    parser.addoption("--few", type=int, metavar="ROWS", help="of each table, outside of streams")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--few"):
        settings.load_profile("few")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is left out."""
    lines = []
    if _is_on_one_loop(config):
        lines.append("one loop a test, which its name decides; --every-loop runs each on all")
    if config.getoption("--few"):
        lines.append(f"at most {config.getoption('--few')} rows a table, few random examples")
    return lines


def _is_on_one_loop(config: pytest.Config) -> bool:
    return bool(config.getoption("--one-loop") and not config.getoption("--every-loop"))


#: The rows of a function: what they are called but for the loop, and each on what loops.
Table = dict[tuple[str, ...], list[pytest.Item]]


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Put the tests out of the garbage collector's sight.

    They are half a million objects, which each full collection would look through again.
    """
    gc.disable()
    try:
        with _after_the_first(session.config):
            return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@contextlib.contextmanager
def _after_the_first(config: pytest.Config) -> Iterator[None]:
    """Let the first of pytest-xdist's processes do something first, if that is asked for.

    Where nothing is compiled yet, as in a fresh clone, that is half of the work of reading tests.
    """
    process = getattr(config, "workerinput", None)
    if process is None or not config.getoption("--one-reads-first"):
        yield
        return
    is_done = Path(tempfile.gettempdir(), f"anyftp-tests-read-{process['testrunuid']}")
    is_first = process["workerid"] == "gw0"
    end = time.monotonic() + MOST_PATIENCE
    while not (is_first or is_done.exists()) and time.monotonic() < end:
        time.sleep(0.1)
    try:
        yield
    finally:
        if is_first:
            is_done.touch()
            config.add_cleanup(lambda: is_done.unlink(missing_ok=True))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave uvloop out where it can make no difference, and of tables what others ask as well."""
    chosen = items
    if not config.getoption("--all-loops"):
        chosen = [item for item in items if not _is_on_uvloop(item) or _needs_uvloop(item)]
    tables: dict[str, Table] = defaultdict(lambda: defaultdict(list))
    for item in chosen:
        name, _, parameters = item.nodeid.partition("[")
        # The loop's name is one of the parts of the rest, or part of one: they differ by it.
        row = tuple(part for part in parameters.rstrip("]").split("-") if part not in LOOPS)
        tables[name][row].append(item)
    kept: set[pytest.Item] = set()
    for name, table in tables.items():
        few = config.getoption("--few")
        rows = _shuffled(name, table)
        is_on_one = _is_on_one_loop(config) or (
            not config.getoption("--every-loop") and _is_one_loop_enough(table)
        )
        first = zlib.crc32(name.encode())
        for number, row in enumerate(rows[:few] if few and not _moves_bytes(table) else rows):
            on_loops = table[row]
            if is_on_one and all(_backend_of(item) for item in on_loops):
                on_loops = [on_loops[(first + number) % len(on_loops)]]
            elif _is_on_one_of_asyncios_loops(on_loops[0]):
                is_uvloops_turn = bool((first + number) % 2)
                on_loops = _without_one_of_asyncios(on_loops, is_uvloops_turn=is_uvloops_turn)
            kept.update(on_loops)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def _shuffled(name: str, table: Table) -> list[tuple[str, ...]]:
    """The rows in an order that has nothing to do with theirs, and is always the same."""
    return sorted(table, key=lambda row: zlib.crc32("-".join((name, *row)).encode()))


def _is_one_loop_enough(table: Table) -> bool:
    """For a test that says so, and for the rows of a large table that does not deny it."""
    some = next(iter(table.values()))[0]
    if some.get_closest_marker("every_loop") or some.get_closest_marker("two_loops"):
        return False
    return len(table) > ROWS_ON_EVERY_LOOP or some.get_closest_marker("one_loop") is not None


def _is_on_one_of_asyncios_loops(some: pytest.Item) -> bool:
    """For a test that says so."""
    is_said = some.get_closest_marker("two_loops") is not None
    return is_said and not some.config.getoption("--every-loop")


def _without_one_of_asyncios(
    on_loops: list[pytest.Item], *, is_uvloops_turn: bool
) -> list[pytest.Item]:
    """The row on trio, and on one of the two that have anyio's asyncio backend in common."""
    of_asyncio = [item for item in on_loops if (_backend_of(item) or ("trio",))[0] == "asyncio"]
    if len(of_asyncio) < 2:
        return on_loops
    return [
        item
        for item in on_loops
        if item not in of_asyncio or _is_on_uvloop(item) == is_uvloops_turn
    ]


def _backend_of(item: pytest.Item) -> Backend | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("anyio_backend") if callspec else None


def _is_on_uvloop(item: pytest.Item) -> bool:
    backend = _backend_of(item)
    return backend is not None and "use_uvloop" in backend[1]


def _needs_uvloop(item: pytest.Item) -> bool:
    return _room(item) in UVLOOP_MATTERS or item.path.stem == "test_cancellation"


def _moves_bytes(table: Table) -> bool:
    some = next(iter(table.values()))[0]
    return _room(some) in BYTES_MOVE and some.path.stem not in NO_BYTES_MOVE


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Call long texts after their parameter: a salted hash must not name a test anew each time.

    pytest-xdist wants the same names from each of its processes.
    """
    return argname if isinstance(val, str | bytes) and len(val) > 60 else None


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Each async test runs on asyncio (in debug mode), on trio, and on uvloop where it matters."""
    backend: Backend = request.param
    return backend


@pytest.fixture
def busy_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clocks of `support/patient_clocks.py` stand still while a worker thread is busy."""
    with busy_threads_counted(monkeypatch):
        yield


@pytest.fixture(scope="session", autouse=True)
def signals_as_usual() -> Iterator[None]:
    """A shell that runs these tests in the background, or nohup, has some of them ignored."""
    usual: dict[int, Any] = {signal.SIGINT: signal.default_int_handler}
    if sys.platform != "win32":
        usual[signal.SIGHUP] = signal.SIG_DFL
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def warm_backends() -> None:
    """What a backend opens once for ever must not look like the leak of some test."""
    warm_up()


@pytest.fixture(autouse=True)
def no_leaked_descriptors() -> Iterator[None]:
    """Fail a test that leaves sockets, pipes or files open."""
    before = open_descriptors()
    yield
    leaked = leaked_since(before)
    assert not leaked, f"left open: {', '.join(leaked)}"


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    """A certificate authority that only these tests trust. RSA keys: vsftpd needs them."""
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="session")
def server_certificate(ca: trustme.CA) -> trustme.LeafCert:
    """A certificate for the loopback addresses and ftp.example.org."""
    return ca.issue_cert(*SERVER_NAMES, key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="session")
def certificate_files(
    ca: trustme.CA, server_certificate: trustme.LeafCert, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Path]:
    """Paths of the certificate chain, its key, and the authority to trust, as PEM."""
    folder = tmp_path_factory.mktemp("tls")
    chain, key, authority = folder / "chain.pem", folder / "key.pem", folder / "ca.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in server_certificate.cert_chain_pems))
    key.write_bytes(server_certificate.private_key_pem.bytes())
    authority.write_bytes(ca.cert_pem.bytes())
    return chain, key, authority


@pytest.fixture
def server_tls(server_certificate: trustme.LeafCert) -> ssl.SSLContext:
    """A plain server-side context; change it freely, it is fresh in each test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_certificate.configure_cert(context)
    return context


@pytest.fixture
def client_tls(ca: trustme.CA) -> ssl.SSLContext:
    """A plain client-side context that trusts `ca` and checks names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    return context
