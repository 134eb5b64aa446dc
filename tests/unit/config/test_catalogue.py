"""A catalogue of offers: the words of a plan, its own keys, errors with their place."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from monitor.config.catalogue import (
    Catalogue,
    OfferTable,
    parse_catalogue,
    read_catalogue,
)
from monitor.config.plans import PlanTable
from monitor.errors import ConfigError
from monitor.plans.offers import Tier
from monitor.plans.timing import Month
from monitor.plans.values import Bytes, Money

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")
GOOD = """
[[offer]]
name = "Travel"
price = "12.00"
currency = "EUR"
quota = "5 GB"
valid = "30 days"
"""


def parse(text: str) -> Catalogue:
    return parse_catalogue(text, "offers.toml", BERLIN)


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return str(caught.value)


def test_an_offer_is_a_plan_with_a_price() -> None:
    catalogue = parse(
        GOOD
        + """
[[offer]]
name = "Flat"
price = 20
currency = "EUR"
source = "a leaflet"
as_of = 2026-11-03
quota = "10 GB"
every = "month"
after = "bill"
block = "1 GB"
price_per_block = "2.50"
tax_pct = "19"
tz = "Asia/Karachi"
"""
    )
    assert catalogue.currency == "EUR"
    travel, flat = catalogue.offers
    assert (travel.name, travel.source, travel.as_of) == ("Travel", "", "")
    assert travel.price == Decimal(12)
    assert (travel.plan.validity.kind, travel.plan.validity.days) == ("elapsed", 30)
    assert travel.plan.tz == BERLIN
    assert travel.plan.buckets[0].bytes == 5 * 10**9
    assert (flat.source, flat.as_of) == ("a leaflet", "2026-11-03")
    assert flat.price == Decimal(20)
    assert isinstance(flat.plan.cycle, Month)
    assert flat.plan.overage == (
        Tier(
            behavior="bill",
            block_bytes=Bytes(10**9),
            price=Money("2.50"),
            tax_pct=Money(19),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "12.00",
            "-1",
            'offers.toml: line 4: offer[0].price = "-1": must be a decimal',
        ),
        ('price = "12.00"', "price = 12.5", "line 4: offer[0].price = 12.5: must be a"),
        ('price = "12.00"\n', "", "line 2: offer[0].price: must be a decimal number"),
        ('currency = "EUR"\n', "", "line 2: offer[0].currency: must be a name"),
        ('"EUR"', '"doubloons"', 'offer[0].currency = "doubloons": must be short'),
        ("5 GB", "5", 'line 6: offer[0].quota = "5": must be a size in quotes'),
        ('valid = "30 days"', "", 'offer[0].every: must be "month", unless'),
        ("30 days", "0 days", 'line 7: offer[0].valid = "0 days": must be whole'),
        ("quota", "qouta", "line 6: offer[0].qouta: unknown key. Did you mean"),
        ("quota =", "remaining =", "line 6: offer[0].remaining: unknown key."),
        ("[[offer]]", "[[plan]]", "plan: unknown key"),
        ("[[offer]]", "[offer]", "must be a list of tables, each under a line [[off"),
        ("[[offer]]", "[[offer", "offers.toml: not valid TOML"),
        (
            'valid = "30 days"',
            'valid = "30 days"\nafter = "bill"\nblock = "1 GB"',
            'offer[0].price_per_block: must be the price of a block, such as "10.00"',
        ),
        (
            'valid = "30 days"',
            'valid = "30 days"\nprice_per_block = "1"',
            'line 8: offer[0].price_per_block = "1": must be left out, or beside after',
        ),
        (
            'valid = "30 days"',
            'valid = "30 days"\nbucket = [{id = "a"}, {id = "a"}]',
            "line 8: offer[0].bucket[1].id",
        ),
        ('valid = "30 days"', 'valid = "30 days"\ntz = "Mars"', "a time zone"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, said: str) -> None:
    assert said in refused(GOOD.replace(old, new, 1))


def test_a_name_is_for_one_offer() -> None:
    assert 'offer[1].name = "Travel": must be another name' in refused(GOOD * 2)


def test_currencies_are_not_mixed() -> None:
    other = GOOD.replace("Travel", "Other").replace("EUR", "USD")
    assert refused(GOOD + other) == (
        'offers.toml: line 12: offer[1].currency = "USD": must be "EUR", as in the '
        "first offer: one currency in a comparison, there are no exchange rates here."
    )


def test_an_empty_file_is_no_catalogue() -> None:
    assert "no line [[offer]]" in refused("# nothing yet\n")


def test_there_may_be_two_hundred_offers() -> None:
    many = [GOOD.replace("Travel", f"Travel {each}") for each in range(201)]
    assert len(parse("".join(many[:200])).offers) == 200
    assert "offer[200]: must be left out" in refused("".join(many))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"offers\.toml: No such file"):
        read_catalogue(tmp_path / "offers.toml", BERLIN)


def test_each_key_of_an_offer_means_what_it_means_in_a_plan() -> None:
    own = {"name", "currency", "source", "price_per_block", "price", "as_of"}
    annotated = OfferTable.__annotations__
    of_plan = PlanTable.__annotations__
    assert {key: annotated[key] for key in annotated if key not in own} == {
        key: of_plan[key] for key in annotated if key not in own
    }


def test_the_example_says_that_it_is_one_and_can_be_read() -> None:
    folder = files("monitor.commands.plan")
    text = folder.joinpath("catalogue.example.toml").read_text("utf-8")
    first = " ".join(text.split("\n")[0:3])
    assert "An example of November 2026, no offer of any carrier" in first
    offers = parse(text).offers
    assert len(offers) == text.count("[[offer]]") == 6
    for offer in offers:
        assert offer.name.startswith("Example ")
        assert offer.source == "made up"
        assert offer.as_of.startswith("2026-11")
        assert offer.price > Decimal(0)
