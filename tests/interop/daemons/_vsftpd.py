"""vsftpd: it demands by default that data connections resume the control connection's session.

Started by root it serves a system user in a chroot. That user exists for this one process only: in
a mount namespace of its own, copies of the account files are laid over the real ones. Without
root it cannot chroot, its "/" is the machine's, and so it is not used.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from interop.daemons._setup import Setup, Unavailable


def command(setup: Setup) -> list[str]:
    program = setup.program("vsftpd", "vsftpd")
    if not setup.as_root:
        raise Unavailable("vsftpd can chroot only when the tests run as root")
    (setup.run / "empty").mkdir(mode=0o555)
    options = _options(setup) | (_tls_options(setup) if setup.tls != "off" else {})
    text = "".join(f"{name}={value}\n" for name, value in options.items())
    return _with_private_user(setup, [str(program), str(setup.write("vsftpd.conf", text))])


def _options(setup: Setup) -> dict[str, object]:
    return {
        "listen": "NO" if setup.is_ipv6 else "YES",
        "listen_ipv6": "YES" if setup.is_ipv6 else "NO",
        "listen_address6" if setup.is_ipv6 else "listen_address": setup.host,
        "background": "NO",
        "listen_port": setup.port,
        "pasv_min_port": setup.passive.start,
        "pasv_max_port": setup.passive.stop - 1,
        "local_enable": "YES",
        "anonymous_enable": "NO",
        "local_root": setup.home,
        "local_umask": "022",
        "chroot_local_user": "YES",
        "allow_writeable_chroot": "YES",
        "write_enable": "YES",
        "mdtm_write": "YES",
        "ascii_download_enable": "YES",
        "ascii_upload_enable": "YES",
        "async_abor_enable": "YES",
        "secure_chroot_dir": setup.run / "empty",
        "nopriv_user": setup.account.pw_name,
        "pam_service_name": "vsftpd",
        "seccomp_sandbox": "NO",  # its list of system calls is older than today's libc
        "isolate": "NO",  # containers may forbid namespaces of that kind
        "isolate_network": "NO",
        "delay_failed_login": 1,
        "log_ftp_protocol": "YES",
        "xferlog_enable": "YES",
        "xferlog_std_format": "NO",
        "vsftpd_log_file": setup.run / "vsftpd.log",
    }


def _tls_options(setup: Setup) -> dict[str, object]:
    return {
        "ssl_enable": "YES",
        "ssl_tlsv1": "YES",
        "ssl_ciphers": "HIGH",
        "implicit_ssl": "YES" if setup.tls == "implicit" else "NO",
        "rsa_cert_file": setup.run / "pair.pem",
        "rsa_private_key_file": setup.run / "pair.pem",
        "require_ssl_reuse": "YES" if setup.reuse else "NO",
        "force_local_logins_ssl": "YES",
        "force_local_data_ssl": "NO" if setup.clear_data else "YES",
        "debug_ssl": "YES",
    }


def _with_private_user(setup: Setup, command: list[str]) -> list[str]:
    unshare = setup.program("unshare", "util-linux")
    account = setup.account
    line = f"{setup.user}:x:{account.pw_uid}:{account.pw_gid}::{setup.home}:/bin/sh\n"
    users = Path("/etc/passwd").read_text().rstrip("\n") + "\n" + line
    hashes = f"{setup.user}:{setup.hashed_password()}:19000:0:99999:7:::\n"
    services = setup.run / "pam.d"
    services.mkdir()
    # pam_unix and not pam_exec, which waits for ever for a child that vsftpd has already reaped.
    rules = ["auth required pam_unix.so", "account required pam_unix.so"]
    (services / "vsftpd").write_text("\n".join([*rules, "session required pam_permit.so", ""]))
    covers = {
        "/etc/passwd": setup.write("passwd", users, 0o644),
        "/etc/shadow": setup.write("shadow", hashes),
        "/etc/pam.d": services,
    }
    steps = [shlex.join(["mount", "--bind", str(new), old]) for old, new in covers.items()]
    script = " && ".join([*steps, "exec " + shlex.join(command)])
    return [str(unshare), "--mount", "sh", "-c", script]
