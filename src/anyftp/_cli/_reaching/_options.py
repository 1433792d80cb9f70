"""Options that commands share, and the types of their values."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict

import click

from anyftp import LocalProtocolError
from anyftp._cli._ending._run import BACKENDS
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._profiles import bookmark_in, place_in_profile
from anyftp._cli._given._rates import parse_amount
from anyftp._cli._given._standard_input import read_line
from anyftp._cli._given._url import RemoteURL, parse_url
from anyftp._cli._reaching._access import RETRIES, TIMEOUT_SECONDS, Access

Command = Callable[..., None]
SCHEMES = ("ftp://", "ftps://")


class Seconds(click.FloatRange):
    """A time above 0."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it; "nan", which is neither above 0 nor below, is no time."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value!r} is not a time.", param, ctx)
        return seconds


def amount_option(name: str, help: str, envvar: str | None = None) -> Callable[[Command], Command]:
    """Make an option whose value is bytes, or bytes per second: 512K, 1M."""

    def convert(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
        try:
            return None if text is None else parse_amount(text, least=1)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from error

    return click.option(name, callback=convert, metavar="AMOUNT", help=help, envvar=envvar)


def url_argument(command: Command) -> Command:
    """Add an FTP URL as an argument."""
    return click.argument("url", callback=lambda ctx, param, text: url_of(text))(command)


def urls_argument(command: Command) -> Command:
    """Add one FTP URL or more as arguments."""
    return click.argument(
        "urls",
        nargs=-1,
        required=True,
        metavar="URL...",
        callback=lambda ctx, param, texts: [url_of(text) for text in texts],
    )(command)


def url_of(text: str) -> RemoteURL:
    """Read a URL of the command line, or a place in a profile.

    Raises:
        click.UsageError: it is none; told without its password.
    """
    try:
        return place_in_profile(text) or parse_url(text)
    except LocalProtocolError as error:
        # A traceback would show nothing more.
        raise click.UsageError(f"{error}{_unknown_bookmark(text)}") from None


def _unknown_bookmark(text: str) -> str:
    name = bookmark_in(text)
    return f"; and there is no bookmark {name}" if name else ""


def named_file(url: RemoteURL) -> RemoteURL:
    """A URL, if it names something: the folder of the login cannot be moved or removed.

    Raises:
        click.UsageError: it does not.
    """
    if not url.path.strip("/"):
        raise click.UsageError(f"{url} names no file or folder")
    return url


def is_remote(text: str) -> bool:
    """Whether a word means a place on a server: by its scheme, or by a profile's name."""
    return text.lower().startswith(SCHEMES) or place_in_profile(text) is not None


backend_option = click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    envvar="ANYFTP_BACKEND",
    help=f"Event loop to run on (default: {BACKENDS[0]}).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
limit_option = amount_option(
    "--limit-rate",
    "Bytes per second at most, such as 512K or 1M.",
    envvar="ANYFTP_LIMIT_RATE",
)

jobs_option = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Move this many files of a folder at once.",
)

segments_option = click.option(
    "--segments",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Fetch a single large file in this many parts at once.",
)

verify_option = click.option(
    "--verify",
    flag_value="required",
    default=None,
    help="Compare checksums with the server's, or fail.",
)

_TRANSFER_OPTIONS = (
    click.option(
        "-c",
        "--continue",
        "--resume",
        "resume",
        is_flag=True,
        help="Go on with what is there in part; keep what comes; pass over what is whole.",
    ),
    verify_option,
    click.option(
        "-p",
        "--keep-times",
        is_flag=True,
        help="Give the copies the times of their originals.",
    ),
    jobs_option,
)


class Copying(TypedDict):
    """The values of `transfer_options`."""

    resume: bool
    verify: Literal["if-offered", "required"] | None
    keep_times: bool
    jobs: int


class Fetching(Copying):
    """The values of `transfer_options` and `segments_option`."""

    segments: int


def refuse_for_pipes(how: Copying) -> None:
    """Standard input and output have neither size nor time, and are one file."""
    if how["resume"] or how["verify"] or how["keep_times"] or how["jobs"] > 1:
        raise click.UsageError(
            "--continue, --verify, --keep-times and --jobs cannot be combined with -"
        )


def refuse_for_text(kind: str, how: Mapping[str, object]) -> None:
    """Bytes of a text are counted differently here and there."""
    if kind == "A" and (how["resume"] or how["verify"] or how.get("segments", 1) != 1):
        raise click.UsageError("text (;type=a) is neither resumed nor verified nor cut into parts")


def transfer_options(command: Command) -> Command:
    """Add the options that say how files are copied, see `Copying`."""
    for option in reversed(_TRANSFER_OPTIONS):
        command = option(command)
    return command


_REMOTE_OPTIONS = (
    click.option("-u", "--user", metavar="NAME[:PASSWORD]", help="Log in as this user."),
    click.option(
        "--password-stdin", is_flag=True, help="Read the password from standard input, a line."
    ),
    click.option(
        "--tls/--no-tls",
        default=None,
        envvar="ANYFTP_TLS",
        help="Encrypt an ftp:// connection, or fail (AUTH TLS); default: plain text.",
    ),
    click.option("--insecure", is_flag=True, default=None, help="Accept any certificate."),
    click.option(
        "--ca-file",
        type=Place(dir_okay=False),
        envvar="ANYFTP_CA_FILE",
        metavar="PEM",
        help="Trust the certificates in this file instead of the system's.",
    ),
    click.option(
        "--active",
        is_flag=True,
        default=None,
        help="Have the server connect to us for data, instead of connecting to it.",
    ),
    click.option(
        "--timeout",
        type=Seconds(),
        envvar="ANYFTP_TIMEOUT",
        metavar="SECONDS",
        help=f"Give up on a server that is silent for this long (default: {TIMEOUT_SECONDS:g}).",
    ),
    click.option(
        "--retry",
        type=click.IntRange(min=0),
        envvar="ANYFTP_RETRY",
        metavar="N",
        help="Try again so often, with growing pauses, what a lost connection or a busy server"
        f" has foiled (default: {RETRIES}).",
    ),
    click.option(
        "--proxy",
        envvar="ANYFTP_PROXY",
        metavar="URL",
        help="Connect through an http, socks4 or socks5 proxy; none for directly.",
    ),
)


def remote_options(command: Command) -> Command:
    """Add the options that say how to reach servers; the command gets one `access` for them."""

    @functools.wraps(command)
    def with_access(
        user: str | None,
        password_stdin: bool,
        tls: bool | None,
        insecure: bool | None,
        ca_file: str | None,
        active: bool | None,
        timeout: float | None,
        retry: int | None,
        proxy: str | None,
        **rest: Any,
    ) -> None:
        access = Access(
            user=user,
            password=os.environ.get("ANYFTP_PASSWORD"),
            from_input=read_line() if password_stdin else None,
            tls=tls,
            insecure=insecure,
            ca_file=ca_file,
            active=active,
            timeout=timeout,
            retry=retry,
            proxy=proxy,
            limit_rate=rest.pop("limit_rate", None),
        )
        command(access=access, **rest)

    for option in reversed(_REMOTE_OPTIONS):
        with_access = option(with_access)
    return with_access
