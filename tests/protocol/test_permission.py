from __future__ import annotations

from anyftp._protocol import Permission


def test_combinations() -> None:
    assert Permission.CREATE in Permission.WRITE
    assert Permission.READ not in Permission.WRITE
    assert Permission.READ_ONLY == Permission.LIST | Permission.READ
    assert set(Permission) == {right for right in Permission if right in Permission.ALL}


def test_each_single_right_has_its_own_bit() -> None:
    singles = list(Permission)
    assert len({right.value for right in singles}) == len(singles) == 9
