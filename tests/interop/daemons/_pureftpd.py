"""pure-ftpd, all options on its command line; it serves a virtual user out of its own database."""

from __future__ import annotations

import subprocess

from interop.daemons._setup import Setup, Unavailable


def command(setup: Setup) -> list[str]:
    program = setup.program("pure-ftpd", "pure-ftpd")
    if setup.tls == "implicit" or setup.reuse:
        raise Unavailable("pure-ftpd as packaged has neither implicit TLS nor required reuse")
    if not setup.as_root:
        raise Unavailable("pure-ftpd as packaged wants to be started by root")
    arguments = {
        "-S": f"{setup.host},{setup.port}",
        "-p": f"{setup.passive.start}:{setup.passive.stop - 1}",
        "-l": f"puredb:{_database(setup)}",
        "-g": str(setup.run / "pid"),
        "-O": f"w3c:{setup.run / 'transfers.log'}",
        "-u": "1",  # the smallest user id that may log in; nobody's is larger
        "-f": "none",  # no syslog
    }
    if setup.tls == "explicit":
        level = "2" if setup.clear_data else "3"  # 3: clear text is refused
        arguments |= {"-Y": level, "-2": str(setup.run / "pair.pem")}
    # no anonymous, no name lookups, everyone in a chroot
    flags = ["-6" if setup.is_ipv6 else "-4", "-E", "-H", "-A"]
    return [str(program), *flags, *(word for pair in arguments.items() for word in pair)]


def _database(setup: Setup) -> str:
    account = setup.account
    tool = setup.program("pure-pw", "pure-ftpd")
    # A crypt hash: pure-pw's own kind costs seconds a login. After the home come twelve limits,
    # all of them empty.
    fields = [setup.user, setup.hashed_password(), str(account.pw_uid), str(account.pw_gid), ""]
    line = ":".join([*fields, f"{setup.home}/./", *[""] * 12])
    users = setup.write("users", line + "\n")
    database = setup.run / "users.pdb"
    subprocess.run([tool, "mkdb", database, "-f", users], check=True, stdout=subprocess.DEVNULL)
    return str(database)
