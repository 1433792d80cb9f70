"""Names of months in listings: `ls` follows the server's locale, not the client's."""

from __future__ import annotations

import re

# By month, the first letters in English, German, French, Spanish, Italian, Portuguese, Dutch, the
# Nordic languages, Finnish, Polish, Czech, Hungarian, Turkish and Russian. Four letters where three
# would be two months.
_NAMES = (
    "jan jän ene gen tam sty led oca янв",
    "feb fév fev hel lut úno şub фев",
    "mar mär mrz mrt már maa bře мар",
    "apr avr abr ápr huh kwi dub nis апр",
    "may mai mei mag maj máj maí tou kvě май мая",
    "jun juin giu jún kes cze haz июн",
    "jul juil lug júl hei lip tem июл",
    "aug aoû aou ago ágú elo sie srp ağu авг",
    "sep set syy sze wrz zář eyl сен",
    "oct okt ott out lok paź říj eki окт",
    "nov marr lis kas nóv ноя",
    "dec dez déc dic des jou gru pro ara дек",
)
_NUMBERS = {name: month for month, names in enumerate(_NAMES, 1) for name in names.split()}
_NUMBERED = re.compile(r"(1?[0-9])(?:月|월)")


def month_number(word: str) -> int | None:
    """The month that a word means, 1 to 12; None if it means none."""
    number = _NUMBERS.get(word.lower())
    if number is not None:
        return number
    numbered = _NUMBERED.fullmatch(word)
    if numbered:
        return int(numbered[1])
    letters = _from_latin(word).lower()
    return _NUMBERS.get(letters[:4]) or _NUMBERS.get(letters[:3])


def _from_latin(word: str) -> str:
    """Read bytes that were no UTF-8 as Latin-1: "M\\udce4r" is "Mär"."""
    if not any("\udc80" <= letter <= "\udcff" for letter in word):
        return word
    return word.encode("utf-8", "surrogateescape").decode("latin-1")
