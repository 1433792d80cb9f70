"""What a session knows, for another one to go on learning from."""

from __future__ import annotations

from anyftp._client._session._state import Learnt, Login


def test_what_was_learnt_is_shared_and_what_is_learnt_is_not() -> None:
    first = Learnt(greeting="hello", refused={"MLSD"}, obeyed={"EPSV"}, announces_size=True)
    second = first.copy()
    assert (second.greeting, second.announces_size) == ("hello", True)
    second.refused.add("HASH")
    second.obeyed.clear()
    assert (first.refused, first.obeyed) == ({"MLSD"}, {"EPSV"})


def test_passwords_are_not_shown() -> None:
    login = Login(credentials=("me", "s3cret", ""))
    assert "s3cret" not in repr(login)
