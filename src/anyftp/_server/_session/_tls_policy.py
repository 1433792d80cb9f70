"""How strict a server is about TLS, beyond whether it has any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

#: What is asked of clients: nothing, that they stay at what they have begun, or everything.
Strictness = Literal["off", "if-offered", "required"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TLSPolicy:
    """How strict a server is about TLS. The defaults let every client in that does no harm.

    Attributes:
        require_data: refuse data connections in clear text (522); None: where logins in clear text
            are refused. False also says that over implicit TLS data is in clear text until PROT P
            comes, as RFC 4217 has it after AUTH; else it is protected until PROT C comes.
        session_reuse: whether a data connection must resume the TLS session of its control
            connection, which proves that the same client made it. By default it need not: PHP,
            Ruby, Perl and rclone resume some and not others, because tickets of TLS 1.3 are for
            one use and their caches are shared; one that stops resuming is logged. "if-offered"
            insists once the client has resumed, "required" always; both lock clients out. Exact if
            each control connection has a context of its own, as with `ServerCertificate`; with
            one context for all, a session of any client will do.
        alpn: whether the client must say by ALPN (RFC 7301) that it speaks FTP. "if-offered" turns
            away those that offer other protocols only, such as a browser that was led here.
        allow_ccc: let clients go back to clear text on the control connection (CCC, RFC 4217),
            for firewalls that read along. Whoever else reads along can then also write.
        accept_truncated_uploads: take the end of a connection without close_notify for the end of
            the file. Some old clients never send one; but an attacker can cut uploads then.
    """

    require_data: bool | None = None
    session_reuse: Strictness = "off"
    alpn: Strictness = "if-offered"
    allow_ccc: bool = False
    accept_truncated_uploads: bool = False

    def __post_init__(self) -> None:
        for name in ("session_reuse", "alpn"):
            if getattr(self, name) not in get_args(Strictness):
                raise ValueError(
                    f"{name} must be one of {get_args(Strictness)}, not {getattr(self, name)!r}"
                )
