"""The options that say how to reach servers, and what they come to for one URL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import click

import anyftp
from anyftp import LocalProtocolError
from anyftp._cli._ending._asked import VERBOSE, is_asked_for
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._login import find_login
from anyftp._cli._reaching._proxies import find_proxy, name_of_source
from anyftp._cli._reaching._remote import Remote

#: Where neither the command line nor the environment nor a profile says otherwise.
TIMEOUT_SECONDS = 60.0
RETRIES = 3


@dataclass(frozen=True, slots=True)
class Access:
    """Options that say how to reach a server; None where one was not given."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    from_input: str | None = field(default=None, repr=False)
    tls: bool | None = None
    insecure: bool | None = None
    ca_file: str | None = None
    active: bool | None = None
    timeout: float | None = None
    retry: int | None = None
    proxy: str | None = None
    limit_rate: int | None = None

    def to(self, url: RemoteURL) -> Remote:
        """Let the options complete and overrule the URL; ask for a password that is missing.

        Raises:
            click.UsageError: the options contradict each other or the URL.
            Failure: no password can be found.
        """
        name, password = find_login(url, self.user, self.from_input, self.password)
        proxy = find_proxy(url.host, self._or_profile(url, "proxy", None))
        active = self._or_profile(url, "active", False)
        try:
            if proxy:
                anyftp.proxy_dialler(proxy)
        except LocalProtocolError as error:
            raise click.UsageError(f"{name_of_source(self.proxy)}: {error}") from error
        if active and proxy:
            raise click.UsageError(
                "--active cannot be combined with a proxy: no server can connect to us through it"
            )
        return Remote(
            url=url,
            user=name,
            password=password,
            tls=_tls(url, self._or_profile(url, "tls", None)),
            insecure=self._or_profile(url, "insecure", False),
            ca_file=self._or_profile(url, "ca_file", None),
            active=active,
            timeout=self._or_profile(url, "timeout", TIMEOUT_SECONDS),
            retry=self._or_profile(url, "retry", RETRIES),
            proxy=proxy,
            limit_rate=self._or_profile(url, "limit_rate", None),
            is_traced=is_asked_for(VERBOSE),
        )

    def _or_profile(self, url: RemoteURL, name: str, default: object) -> Any:
        given = getattr(self, name)
        return url.settings.get(name, default) if given is None else given


def _tls(url: RemoteURL, wanted: bool | None) -> Literal["explicit", "implicit"] | None:
    if url.implicit_tls:
        if wanted is False:
            raise click.UsageError("--no-tls contradicts ftps://")
        return "implicit"
    return "explicit" if wanted else None
