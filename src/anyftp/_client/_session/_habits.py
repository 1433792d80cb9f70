"""What is known of this server's habits, and what follows from it.

The greeting costs nothing and tells most. FEAT and SYST are asked only where something has failed
already, or by the user; what they tell is taken in then. Nothing here matters to security: the
greeting comes in clear text, and whoever forges it can make us slow but not careless.
"""

from __future__ import annotations

from anyftp._client._session._session import Session
from anyftp._protocol import HABIT_RULES, habits_of


def learn(session: Session) -> None:
    """Look all that the server has said through, and act on it."""
    habits = habits_of(
        greeting=session.greeting,
        system=session.system or "",
        features=session.features or {},
        rules=(*HABIT_RULES, *session.options.habits),
    )
    session.habits = session.control.habits = habits
    if habits.use_mlsd is False:
        session.refused |= {"MLSD", "MLST"}
    may_change = session.passive is None and "PASV" in session.options.passive_commands
    if habits.use_epsv is False and may_change and ":" not in session.data_host:
        session.passive = "PASV"


async def put_in_order(session: Session) -> None:
    """Send what this kind of server wants to hear once after the login. Cancellation: safe."""
    commands = session.habits.after_login
    if commands and session.is_logged_in and not session.is_in_order:
        session.is_in_order = True
        for command in commands:
            verb, _, argument = command.partition(" ")
            await session.exchange(verb, argument)


async def get_system(session: Session) -> str:
    """Ask once what system it is (SYST, RFC 959, 4.1.3); "" where the server does not say.

    Cancellation: safe.
    """
    if session.system is None:
        reply = await session.exchange("SYST")
        session.system = reply.text if reply.is_positive else ""
        learn(session)
        await put_in_order(session)
    return session.system
