"""`--run-as USER[:GROUP]`: from root to somebody who may do less, once the sockets are there."""

from __future__ import annotations

import os
from dataclasses import dataclass

from anyftp._cli._ending._failure import Failure, describe


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this machine.

    Attributes:
        name: for its further groups; empty where none are to be had.
        uid: of the user.
        gid: of the group.
    """

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, text: str) -> Account:
        """Look up USER or USER:GROUP; both may be numbers.

        Raises:
            ValueError: there is no such user or group, or this system has none.
        """
        try:
            import grp
            import pwd
        except ImportError as error:  # Windows
            raise ValueError("this system cannot run a process as another user") from error
        user, _, group = text.partition(":")
        try:
            entry = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
        except KeyError as error:
            raise ValueError(f"there is no user {user!r}") from error
        if not group:
            return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)
        try:
            gid = int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
        except KeyError as error:
            raise ValueError(f"there is no group {group!r}") from error
        return cls(entry.pw_name, entry.pw_uid, gid)


def become(account: Account) -> None:
    """Be this account from now on, with no way back.

    Raises:
        Failure: this process may not.
    """
    try:
        if os.getuid() == 0:
            os.initgroups(account.name, account.gid)
        os.setresgid(account.gid, account.gid, account.gid)
        os.setresuid(account.uid, account.uid, account.uid)
    except OSError as error:
        raise Failure(f"--run-as {account.name}: {describe(error)}") from error


def is_root() -> bool:
    """Whether this process may do anything."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
