from __future__ import annotations

import pytest

from anyftp._protocol._months import month_number

YEARS = {
    "English": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "English, long": "January February March April May June July"
    " August Sept October November December",
    "German": "Jan Feb M\xe4r Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "French": "janv. f\xe9vr. mars avril mai juin juil. ao\xfbt sept. oct. nov. d\xe9c.",
    "Spanish": "ene feb mar abr may jun jul ago sep oct nov dic",
    "Italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "Portuguese": "jan fev mar abr mai jun jul ago set out nov dez",
    "Dutch": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "Danish": "jan feb mar apr maj jun jul aug sep okt nov dec",
    "Finnish": "tammi helmi maalis huhti touko kes\xe4 hein\xe4 elo syys loka marras joulu",
    "Polish": "sty lut mar kwi maj cze lip sie wrz pa\u017a lis gru",
    "Russian": "янв фев мар апр мая июн июл авг сен окт ноя дек",
    "Japanese": " ".join(f"{month}\u6708" for month in range(1, 13)),
    "Korean": " ".join(f"{month}\uc6d4" for month in range(1, 13)),
}


@pytest.mark.parametrize("language", YEARS)
def test_a_year(language: str) -> None:
    assert [month_number(word) for word in YEARS[language].split()] == list(range(1, 13))


def test_latin_bytes() -> None:
    assert month_number("M\udce4r") == 3
    assert month_number("f\udce9vr.") == 2


@pytest.mark.parametrize("word", ["", "x", "total", "user", "\ud800", "13", "\udcff\udcff\udcff"])
def test_no_month(word: str) -> None:
    assert month_number(word) is None
