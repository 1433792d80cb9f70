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
        greeting=session.learnt.greeting,
        system=session.learnt.system or "",
        features=session.learnt.features or {},
        rules=(*HABIT_RULES, *session.options.habits),
    )
    session.learnt.habits = session.control.wire.habits = habits
    if habits.use_mlsd is False:
        session.learnt.refused |= {"MLSD", "MLST"}
    may_change = session.learnt.passive is None and "PASV" in session.options.passive_commands
    if habits.use_epsv is False and may_change and ":" not in session.data_host:
        session.learnt.passive = "PASV"


async def put_in_order(session: Session) -> None:
    """Send what this kind of server wants to hear once after the login. Cancellation: safe."""
    commands = session.learnt.habits.after_login
    if commands and session.is_logged_in and not session.login.is_in_order:
        session.login.is_in_order = True
        for command in commands:
            verb, _, argument = command.partition(" ")
            await session.exchange(verb, argument)


async def get_system(session: Session) -> str:
    """Ask once what system it is (SYST, RFC 959, 4.1.3); "" where the server does not say.

    Cancellation: safe.
    """
    if session.learnt.system is None:
        reply = await session.exchange("SYST")
        session.learnt.system = reply.text if reply.is_positive else ""
        learn(session)
        await put_in_order(session)
    return session.learnt.system
