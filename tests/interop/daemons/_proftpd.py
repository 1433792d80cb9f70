"""proftpd: by default it wants TLS sessions resumed, as vsftpd does."""

from __future__ import annotations

import grp

from interop.daemons._setup import Setup, Unavailable


def command(setup: Setup) -> list[str]:
    program = setup.program("proftpd", "proftpd-core")
    if not setup.as_root:
        raise Unavailable("proftpd can chroot only when the tests run as root")
    lines = _directives(setup)
    if setup.tls != "off":
        modules = program.parent.parent / "lib" / "proftpd"
        if not (modules / "mod_tls.so").exists():
            raise Unavailable("proftpd has no mod_tls (Debian package proftpd-mod-crypto)")
        lines += [f"ModulePath {modules}", "LoadModule mod_tls.c", *_tls_directives(setup)]
    configuration = setup.write("proftpd.conf", "\n".join(lines) + "\n")
    return [str(program), "--nodaemon", "--quiet", "--config", str(configuration)]


def _directives(setup: Setup) -> list[str]:
    account, run = setup.account, setup.run
    user = [setup.user, setup.hashed_password(), str(account.pw_uid), str(account.pw_gid)]
    users = setup.write("users", ":".join([*user, "", str(setup.home), "/bin/sh"]) + "\n")
    groups = setup.write("groups", f"ftpusers:x:{account.pw_gid}:{setup.user}\n")
    for path in (users, groups):
        setup.give(path)
    return [
        'ServerName "interop"',
        "ServerType standalone",
        f"UseIPv6 {'on' if setup.is_ipv6 else 'off'}",
        f"DefaultAddress {setup.host}",
        "SocketBindTight on",
        f"Port {setup.port}",
        f"PassivePorts {setup.passive.start} {setup.passive.stop - 1}",
        f"User {account.pw_name}",
        f"Group {grp.getgrgid(account.pw_gid).gr_name}",
        "UseReverseDNS off",
        "AuthOrder mod_auth_file.c",
        f"AuthUserFile {users}",
        f"AuthGroupFile {groups}",
        "RequireValidShell off",
        f"DefaultRoot {setup.home}",
        "Umask 022",
        "AllowOverwrite on",
        "AllowStoreRestart on",
        "AllowRetrieveRestart on",
        "TimesGMT on",
        f"PidFile {run / 'pid'}",
        f"ScoreboardFile {run / 'scoreboard'}",
        f"SystemLog {run / 'system.log'}",
        f"TransferLog {run / 'transfers.log'}",
        "WtmpLog off",
    ]


def _tls_directives(setup: Setup) -> list[str]:
    versions = "TLSv1.2 TLSv1.3" if setup.newest_tls == "1.3" else "TLSv1.2"
    options = [] if setup.reuse else ["NoSessionReuseRequired"]
    if setup.tls == "implicit":
        options.append("UseImplicitSSL")
    return [
        "TLSEngine on",
        f"TLSRequired {'ctrl' if setup.clear_data else 'on'}",
        f"TLSProtocol {versions}",
        f"TLSRSACertificateFile {setup.run / 'chain.pem'}",
        f"TLSRSACertificateKeyFile {setup.run / 'key.pem'}",
        "TLSVerifyClient off",
        "TLSRenegotiate none",
        f"TLSLog {setup.run / 'tls.log'}",
        *([f"TLSOptions {' '.join(options)}"] if options else []),
    ]
