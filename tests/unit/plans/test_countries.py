"""Mobile country codes by country."""

from __future__ import annotations

import re

import pytest

from monitor.plans import countries
from monitor.plans.countries import mobile_codes


@pytest.mark.parametrize(
    ("country", "codes"),
    [
        ("PK", ("410",)),
        ("pk", ("410",)),
        ("CN", ("460", "461")),
        ("US", ("310", "311", "312", "313", "314", "315", "316")),
        ("UK", ("234", "235")),
        ("GB", ("234", "235")),
        ("AD", ("213",)),
        ("ZW", ("648",)),
        ("XX", ()),
        ("", ()),
        ("410", ()),
    ],
)
def test_a_country_has_its_codes(country: str, codes: tuple[str, ...]) -> None:
    assert mobile_codes(country) == codes


def test_every_row_of_the_table_is_a_country_with_codes() -> None:
    rows = [row.strip() for row in countries._TABLE.split(";")]
    assert all(re.fullmatch(r"[A-Z]{2}( [2-7][0-9]{2})+", row) for row in rows)
    names = [row[:2] for row in rows]
    assert names == sorted(set(names))
    assert len(rows) > 240
