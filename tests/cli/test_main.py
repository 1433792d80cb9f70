"""The command as a whole: help, usage, exit statuses."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from anyftp import PermanentReplyError
from anyftp._cli._ending._status import Status
from anyftp._cli._main import COMMANDS as TABLE
from anyftp._cli._main import Commands, anyftp
from cli.running import answering, assert_failed, peer, run, run_process
from support.halves import half

COMMANDS = tuple(TABLE)


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(anyftp, list(arguments))
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("arguments", [(), *((name,) for name in COMMANDS)])
def test_help(arguments: tuple[str, ...]) -> None:
    status, output, errors = invoke(*arguments, "--help")
    assert (status, errors) == (0, "")
    assert output.startswith("Usage: ")
    assert all(name in output for name in COMMANDS if not arguments)


def test_the_list_of_commands_is_not_cut_short() -> None:
    assert "..." not in invoke("--help")[1].partition("Commands:")[2]


def test_version() -> None:
    assert invoke("--version")[1].startswith("anyftp 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("fetch", "ftp://h/"),
        ("get",),
        ("get", "ftp://h/a", "b", "c"),
        ("get", "--backend", "curio", "ftp://h/a"),
        ("get", "--limit-rate", "fast", "ftp://h/a"),
        ("get", "--timeout", "0", "ftp://h/a"),
        ("get", "--timeout", "nan", "ftp://h/a"),
        ("get", "--limit-rate", "9999999999T", "ftp://h/a"),
        ("mirror", "ftp://h/a;type=a", "a"),
        ("get", "ftp://h/"),
        ("get", "--no-tls", "ftps://h/a"),
        ("get", "--password-stdin", "ftp://h/a"),
        ("put", "file"),
        ("put", "-", "ftp://h/folder/"),
        ("ls",),
        ("serve",),
        ("serve", ".", "--user", "alice"),
        ("serve", ".", "--user", ":secret"),
        ("serve", ".", "--port", "70000"),
        ("serve", ".", "--passive-ports", "50000"),
        ("serve", ".", "--passive-ports", "50100-50000"),
        ("serve", ".", "--passive-ports", "0-10"),
        ("serve", ".", "--tls-required"),
        ("serve", ".", "--implicit-tls"),
        ("serve", ".", "--key", "key.pem"),
        ("passwd", "users.toml"),
        ("passwd", "users.toml", "alice"),
        ("passwd", "users.toml", "alice", "--home", "alice"),
        ("passwd", "users.toml", "alice", "--home", "/../x"),
        ("passwd", "users.toml", "alice", "--delete", "--read-only"),
        ("demo", "file", "--size", "1M"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    status, output, errors = invoke(*arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("Usage: ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("get", "ftp:///file"), "the URL names no host"),
        (("get", "ftp://me:sEcReT@/file"), "the URL names no host"),
        (("get", "http://h/file"), "http:// is not FTP"),
        (("get", "ftp://h/a%0d%0aDELE%20b"), "the path holds a CR, which FTP cannot send"),
        (("put", "file", "ftp://h/a%0ab"), "the path holds a LF, which FTP cannot send"),
        (("ls", "ftp://h/a%00b"), "the path holds a NUL, which FTP cannot send"),
        (("get", "--limit-rate", "0", "ftp://h/a"), "must be at least 1 byte, not 0"),
        (("get", "--limit-rate", "-1M", "ftp://h/a"), "must be at least 1 byte, not -1M"),
        (("serve", ".", "--limit-rate", "0"), "must be at least 1 byte, not 0"),
        (("demo", "--size", "0"), "must be at least 1 byte, not 0"),
        (("get", "--user", ":pw", "ftp://h/a"), "the user name is empty"),
        (("get", "-c", "ftp://h/a;type=a"), "text (;type=a) is neither resumed nor"),
        (("put", "--verify", "a", "ftp://h/a;type=a"), "text (;type=a) is neither resumed nor"),
        (("mirror", "ftp://sEcReT:a/b/", "b"), "port must be from"),
        (("mirror", "ftp://h/a"), "two arguments are required, a folder and a URL, not 1"),
        (("sync", "a", "b", "ftp://h/a"), "a folder and a URL, not 3"),
        (("sync", "", "ftp://h/a"), "one of the two is empty"),
        (("put", "x"), "the URL must begin with ftp://"),
        (("put", "ftp://h/a"), "a SRC and a URL are required"),
        (("put", "", "ftp://h/a"), "an empty word"),
        (("get", "ftp://h/a", ""), "an empty word"),
        (("get", "ftp://h/a", "-o", ""), "an empty word"),
        (("mv", "ftp://h/a", ""), "an empty word"),
        (("sync", "a", "ftp://h/a", "--state", ""), "an empty word"),
        (("mirror", "a", "ftp://h/a", "--plan", ""), "an empty word"),
        (("ls", "ftp://h/a", "--ca-file", ""), "an empty word"),
        (("serve", ""), "an empty word"),
        (("serve", ".", "--listen", "http://h"), "'--listen': http:// is not FTP"),
        (("serve", ".", "--listen", "ftp://h:0"), "'--listen': the URL's port must be from"),
        (("serve", ".", "--users", ""), "an empty word"),
        (("passwd", "", "alice"), "an empty word"),
        (("demo", ""), "an empty word"),
        (("rm", "ftp://h"), "ftp://h:21/ names no file or folder"),
        (("rm", "-r", "ftp://me:sEcReT@h//"), "names no file or folder"),
        (("mkdir", "ftp://h/"), "names no file or folder"),
        (("mv", "ftp://h/", "a"), "names no file or folder"),
        (("quote", "ftp://h/", "NOOP\r\nDELE a"), "is not a command: write one line"),
        (("quote", "ftp://h/", " "), "is not a command: write one line"),
        (("ls", "nobody:/pub"), "there is no bookmark nobody"),
        (("ls", "--proxy", "socks9://u:sEcReT@h", "ftp://h/"), "--proxy: a proxy must be"),
        (("get", "ftp://h/a", "-c", "-o", "/dev/null"), "cannot be combined with -"),
    ],
)
def test_wrong_usage_says_why(arguments: tuple[str, ...], reason: str) -> None:
    status, output, errors = invoke(*arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("Usage: ")
    assert reason in errors.splitlines()[-1]
    assert "sEcReT" not in errors


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (PermanentReplyError("550", ["no"], command="RETR"), 78, "anyftp: RETR: 550 no\n"),
        (OSError(28, "No space left on device", "/x"), 23, "anyftp: /x: No space left on device\n"),
        (RuntimeError("a\nb"), 1, "anyftp: RuntimeError: a b\n"),
        (KeyboardInterrupt(), 130, "anyftp: interrupted\n"),
        (click.Abort(), 130, "anyftp: interrupted\n"),
    ],
)
def test_an_exception_is_a_line(error: BaseException, status: int, line: str) -> None:
    result = CliRunner().invoke(failing_with(error), ["fail"])
    assert (result.exit_code, result.stderr) == (status, line)


def failing_with(error: BaseException) -> click.Group:
    @click.group(cls=Commands)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise error

    return group


@half(option=["--debug", "--verbose", "-v"], before=[True, False])
def test_what_can_be_asked_of_a_command_that_fails(option: str, before: bool) -> None:
    """With a server that is named, as users meet failures, and not with an exception of a test."""
    with peer(answering({"USER": "530 go away"})) as port:
        url = f"ftp://me:sEcReT@127.0.0.1:{port}/x"
        process = run_process(*((option, "get", url) if before else ("get", url, option)))
    shown = process.stderr.splitlines()
    assert process.returncode == Status.LOGIN
    assert shown[-1].startswith(f"anyftp: ftp://127.0.0.1:{port}/x: the server refused the login")
    assert "sEcReT" not in process.stderr
    if option == "--debug":
        assert shown[0].startswith("Traceback ")
        assert any("PermanentReplyError: USER: the server answered 530" in line for line in shown)
    else:
        assert shown[:-1] == ["< 220 ready", "> USER me", "< 530 go away"]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_both(name: str) -> None:
    shown = invoke(name, "--help")[1]
    assert "--debug" in shown
    assert "-v, --verbose" in shown


def test_a_missing_extra_is_told() -> None:
    code = (
        "import sys\n"
        "from importlib import util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'rich' else find(name, *rest)\n"
        "from anyftp._cli import main\n"
        "main()\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=15, check=False
    )
    assert process.returncode == 1
    assert process.stderr == (
        'anyftp: the command needs rich: python -m pip install "anyftp[cli]"\n'
    )


def test_a_missing_backend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp._cli._ending._run.find_spec", lambda name: None)
    assert invoke("ls", "--backend", "trio", "ftp://127.0.0.1:1/") == (
        1,
        "",
        'anyftp: trio is not installed: python -m pip install "anyftp[trio]"\n',
    )


def test_help_is_quick() -> None:
    """What takes long to import is imported where it is used; then help takes 0.2 s."""
    code = (
        "import sys\n"
        "from anyftp._cli._main import anyftp\n"
        "anyftp(['--help'], standalone_mode=False)\n"
        "slow = {'rich', 'cryptography', 'tomlkit', 'trio', 'uvloop', 'asyncio'}\n"
        "print(*slow & set(sys.modules))\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=15, check=False
    )
    assert (process.stdout.splitlines()[-1], process.stderr) == ("", "")


def test_nobody_listens() -> None:
    assert_failed(run("ls", "ftp://127.0.0.1:1/"), "ftp://127.0.0.1:1/: ")


@pytest.mark.parametrize(
    ("module", "extra", "line"),
    [
        ("python_socks", "socks", "ls {url}/ --proxy socks5://127.0.0.1:1"),
        ("coredis", "redis", "serve {here} --shared redis://127.0.0.1/"),
        ("prometheus_client", "prometheus", "serve {here} --metrics 127.0.0.1:0"),
        ("starlette", "status", "serve {here} --status 127.0.0.1:0"),
        ("watchfiles", "watch", "mirror {here} {url}/d --watch"),
        ("uvloop", "uvloop", "ls {url}/ --backend uvloop"),
        ("trio", "trio", "ls {url}/ --backend trio"),
        ("rich", "cli", "--version"),
    ],
)
def test_each_missing_extra_is_told(
    module: str, extra: str, line: str, url_for_all: str, tmp_path: Path
) -> None:
    program = f"import sys; sys.modules[{module!r}] = None; from anyftp_command import main; main()"
    words = line.format(url=url_for_all, here=tmp_path).split()
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        input="secret\n",
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stderr.splitlines()[-1]
    assert told.endswith(f'python -m pip install "anyftp[{extra}]"')
    assert told.startswith(("anyftp: ", "Error: "))
    assert "ImportError" not in told
