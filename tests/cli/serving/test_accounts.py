"""What a file of users may say, and what it is told when it says something else."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp import MemoryFileSystem, Permission, hash_password
from anyftp._cli._serving._accounts import Account, parse_accounts

HASH = hash_password("wonder")


def one(*fields: str) -> str:
    """A file with alice, her password and these fields."""
    return "\n".join(["[users.alice]", f'password = "{HASH}"', *fields])


def allowed(account: Account, path: str) -> Permission:
    return account.user(MemoryFileSystem()).allowed(PurePosixPath(path))


def test_an_empty_file_has_no_users() -> None:
    assert parse_accounts("# nobody yet\n") == []


def test_a_user_with_a_password_may_do_everything_everywhere() -> None:
    [account] = parse_accounts(one())
    assert account == Account(name="alice", password=HASH)
    assert allowed(account, "/any/thing") == Permission.ALL
    assert HASH not in repr(account)


def test_all_fields() -> None:
    [account] = parse_accounts(
        one(
            'home = "/people//alice/"',
            "read_speed_limit = 1000",
            'write_speed_limit = "1M"',
            'read_speed_limit_per_connection = "2kB"',
            "write_speed_limit_per_connection = 3000",
            "max_connections = 2",
            'quota = "1G"',
            "quota_files = 10",
        )
    )
    user = account.user(MemoryFileSystem())
    assert (account.home, account.quota, account.quota_files) == ("/people/alice", 1 << 30, 10)
    assert (user.name, user.password, user.home, user.max_connections) == ("alice", HASH, "/", 2)
    assert (user.read_speed_limit, user.write_speed_limit) == (1000, 1 << 20)
    assert user.read_speed_limit_per_connection == 2000
    assert user.write_speed_limit_per_connection == 3000


def test_a_quota_holds_for_all_who_are_at_home_there() -> None:
    bob = ("[users.bob]", f'password = "{HASH}"', "quota_files = 7")
    carol = ("[users.carol]", f'password = "{HASH}"', 'home = "/c"')
    accounts = parse_accounts(one("quota = 5", *bob, *carol))
    quotas = [(account.quota, account.quota_files) for account in accounts]
    assert quotas == [(5, 7), (5, 7), (None, None)]


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        (('permissions = "list create"',), "/f", Permission.LIST | Permission.CREATE),
        (('permissions = ""',), "/f", Permission(0)),
        (("read_only = true",), "/f", Permission.READ_ONLY),
        (("read_only = false",), "/f", Permission.ALL),
        (('permissions = "list write"', "read_only = true"), "/f", Permission.LIST),
        (("[users.alice.permissions]", '"/" = "list"', '"/in" = "all"'), "/f", Permission.LIST),
        (("[users.alice.permissions]", '"/" = "list"', '"/in" = "all"'), "/in/f", Permission.ALL),
        (
            ("read_only = true", "[users.alice.permissions]", '"/in" = "all"'),
            "/in/f",
            Permission.READ_ONLY,
        ),
        (('permissions = [["/**", "all"], ["/**/*.exe", ""]]',), "/a/b", Permission.ALL),
        (('permissions = [["/**", "all"], ["/**/*.exe", ""]]',), "/a/b.exe", Permission(0)),
        (
            ('permissions = [["/**", "all"]]', "read_only = true"),
            "/a/b",
            Permission.READ_ONLY,
        ),
    ],
)
def test_permissions(fields: tuple[str, ...], path: str, expected: Permission) -> None:
    [account] = parse_accounts(one(*fields))
    assert allowed(account, path) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[users.alice", "at end of document"),
        ("[user.alice]", "unknown table or field 'user'"),
        ("users = 3", "users must be a table"),
        ("[users]\nalice = 3", "user 'alice': must be a table"),
        ('[users.""]\npassword = "x"', "user '': the name must be"),
        ('[users."a\\nb"]\npassword = "x"', "user 'a\\nb': the name must be"),
        ("[users.alice]", "user 'alice': must have a password or certificates"),
        ('[users.alice]\npassword = "sEcReT"', "user 'alice': password: must be a hash"),
        ('[users.alice]\npassword = "scrypt$sEcReT"', "user 'alice': password: not a password"),
        ("[users.alice]\npassword = 5", "user 'alice': password: must be a string, not an integer"),
        (one("colour = 1"), "user 'alice': colour: there is no such field"),
        (one('home = "alice"'), "user 'alice': home: must be an absolute path in the"),
        (one('home = "/../alice"'), "user 'alice': home: "),
        (one('read_only = "yes"'), "user 'alice': read_only: must be true or false, not a string"),
        (one('quota = "much"'), "user 'alice': quota: 'much' is not an amount"),
        (one('quota = "0"'), "user 'alice': quota: must be at least 1 byte, not 0"),
        (one("quota = 0"), "user 'alice': quota: must be at least 1, not 0"),
        (one("quota = 1.5"), "user 'alice': quota: must be an integer, not a float"),
        (one("max_connections = true"), "max_connections: must be an integer, not true or false"),
        (one('max_connections = "2"'), "max_connections: must be an integer, not a string"),
        (one('permissions = "list fly"'), "user 'alice': permissions: there is no right 'fly'"),
        (one('permissions = ["list"]'), "user 'alice': permissions: must be words such as"),
        (one("permissions = 7"), "user 'alice': permissions: must be words such as"),
        (
            one('permissions = [["in", "all"]]'),
            "permissions: a path or pattern must begin with '/'",
        ),
        (one('permissions = [["/in", 1]]'), "permissions: must be a string, not an integer"),
        (
            one("quota = 5", "[users.bob]", f'password = "{HASH}"', "quota = 6"),
            "user 'bob': quota: must be that of 'alice', whose home is the same",
        ),
    ],
)
def test_what_is_wrong_is_told_with_user_and_field(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at
        parse_accounts(text)
    assert message in str(caught.value)
    assert "sEcReT" not in str(caught.value)


def test_the_example_of_the_documentation_is_good() -> None:
    page = Path(__file__).parents[3] / "docs" / "command.md"
    blocks = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    [example] = [block for block in blocks if "[users." in block]
    alice, bob, carol = parse_accounts(example.replace("scrypt$14$8$1$...", HASH))
    assert (alice.home, bob.home, carol.quota) == ("/", "/bob", 2 << 30)
    assert allowed(carol, "/a/b.exe") == Permission(0)


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(0, 9), st.sampled_from(["", "/", "/a", "list", "1M"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["/", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml(inner)}' for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


@given(
    st.dictionaries(
        st.sampled_from(["home", "permissions", "read_only", "quota", "max_connections"]), VALUES
    )
)
def test_whatever_the_values_are_there_is_a_user_or_a_message(fields: dict[str, object]) -> None:
    try:
        [account] = parse_accounts(one(*(f"{key} = {toml(fields[key])}" for key in fields)))
    except ValueError as error:
        message = str(error)
    else:
        message = "user 'alice': is fine"
        allowed(account, "/a")
    assert message.startswith("user 'alice': ")
