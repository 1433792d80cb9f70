"""Who may log in: aioftp's user managers, and how the core's server asks them."""

from __future__ import annotations

import enum
import hmac
from abc import ABC, abstractmethod
from collections.abc import Sequence

from .._ground._patchable import patched
from .._ground._timeouts import with_timeout
from ._permissions import User


class AvailableConnections:
    """Counts down from a number; without one there is no end.

    Args:
        value: how many may be acquired at once.
    """

    def __init__(self, value: int | None = None) -> None:
        self.value = value
        self.maximum_value: int | None = value

    def locked(self) -> bool:
        """Whether nothing is left."""
        return self.value == 0

    def acquire(self) -> None:
        """Take one. Raises ValueError if nothing is left."""
        if self.value is not None:
            self.value -= 1
            if self.value < 0:
                raise ValueError("Too many acquires")

    def release(self) -> None:
        """Give one back. Raises ValueError if none was taken."""
        if self.value is not None and self.maximum_value is not None:
            self.value += 1
            if self.value > self.maximum_value:
                raise ValueError("Too many releases")


class AbstractUserManager(ABC):
    """Decides who may log in.

    Args:
        timeout: seconds for one decision.
    """

    class GetUserResponse(enum.Enum):
        """What becomes of a name."""

        OK = 1
        PASSWORD_REQUIRED = 2
        ERROR = 3

    def __init__(self, *, timeout: float | int | None = None) -> None:
        self.timeout = timeout

    @with_timeout
    @abstractmethod
    async def get_user(
        self, login: str
    ) -> tuple[AbstractUserManager.GetUserResponse, User | None, str]:
        """Look a name up: what becomes of it, the user, and a text for the reply."""

    @with_timeout
    @abstractmethod
    async def authenticate(self, user: User, password: str) -> bool:
        """Check a password."""

    async def notify_logout(self, user: User) -> None:  # noqa: B027  # few need to know
        """Be told that a user who was looked up is gone."""


class MemoryUserManager(AbstractUserManager):
    """Users known from the start.

    Args:
        users: the users; with None everybody may do everything.
        timeout: as for `AbstractUserManager`.
    """

    def __init__(self, users: Sequence[User] | None, *, timeout: float | int | None = None) -> None:
        super().__init__(timeout=timeout)
        self.users: Sequence[User] = users or [patched.server.User()]
        counter = patched.server.AvailableConnections
        self.available_connections: dict[User, AvailableConnections] = {
            user: counter(user.maximum_connections) for user in self.users
        }

    async def get_user(
        self, login: str
    ) -> tuple[AbstractUserManager.GetUserResponse, User | None, str]:
        responses = AbstractUserManager.GetUserResponse
        by_name = {user.login: user for user in reversed(self.users)}
        user = by_name.get(login) or by_name.get(None)
        if user is None:
            return responses.ERROR, None, "no such username"
        if self.available_connections[user].locked():
            return responses.ERROR, user, f"too much connections for {login!r}"
        self.available_connections[user].acquire()
        if user.login is None:
            return responses.OK, user, "anonymous login"
        if user.password is None:
            return responses.OK, user, "login without password"
        return responses.PASSWORD_REQUIRED, user, "password required"

    async def authenticate(self, user: User, password: str) -> bool:
        known = user.password
        if known is None:
            return False
        return hmac.compare_digest(known.encode("utf-8"), password.encode("utf-8", "replace"))

    async def notify_logout(self, user: User) -> None:
        self.available_connections[user].release()
