"""A catalogue of offers: `[[offer]]` tables in the words of a `[[plan]]`.

An offer has a price, and `price_per_block` is what a plan calls `price`. What only a
plan that was bought has (its dates, its card, its interfaces, what is told of it) is no
key of an offer: it is compared from the first day of the usage on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from msgspec import Struct

from monitor.config.contracts import first_clash, plans_of
from monitor.config.plan_checks import first_fault
from monitor.config.plans import PlanTable
from monitor.config.reading import converted, read_text, source_of
from monitor.config.refusals import refusal
from monitor.config.times import Every, Length, Start
from monitor.config.values import Moment, Quota, Size
from monitor.errors import ConfigError
from monitor.plans.offers import Bucket, Cap, Positive, Rollover, Tier
from monitor.plans.terms import Zones
from monitor.plans.values import Mcc, Money, Name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from monitor.plans.terms import Plan

_MOST: Final = 200
_LONGEST_CURRENCY: Final = 8
_ANY_START: Final = Start("2000-01-01T00:00:00Z")
"""Nothing is said of when an offer begins, and a plan has to begin."""
_OF_PLAN: Final = (
    *("quota", "every", "valid", "tz", "count", "bucket", "buckets", "after", "kbps"),
    *("block", "tax_pct", "max_cost", "overage", "rollover", "cap", "caps", "zones"),
    "countries",
)
_OFFERED: Final = {"price": "price_per_block"}


class OfferTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[[offer]]`; a key that is not explained here is that of a `[[plan]]`.

    Attributes:
        name: what people call it.
        price: of its `valid`; of each `every` where it does not end.
        currency: of all its prices.
        source: where it was seen.
        as_of: when.
        price_per_block: of `after = "bill"`.
    """

    name: Name
    price: Money
    currency: Name
    source: Name | None = None
    as_of: Moment | None = None
    price_per_block: Money | None = None
    quota: Quota | None = None
    every: Every | None = None
    valid: Length | None = None
    tz: str = ""
    count: Literal["both", "rx", "tx"] = "both"
    bucket: tuple[Bucket, ...] | None = None
    buckets: tuple[Bucket, ...] | None = None
    after: Literal["block", "throttle", "bill", "free"] | None = None
    kbps: Positive | None = None
    block: Size | None = None
    tax_pct: Money | None = None
    max_cost: Money | None = None
    overage: tuple[Tier, ...] | None = None
    rollover: bool | Rollover = False
    cap: tuple[Cap, ...] | None = None
    caps: tuple[Cap, ...] | None = None
    zones: tuple[Mcc, ...] | Zones | None = None
    countries: tuple[Mcc, ...] | None = None


class _Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    offer: tuple[OfferTable, ...] = ()


class Offered(NamedTuple):
    """An offer.

    Attributes:
        name: what people call it.
        price: in the catalogue's currency.
        source: where it was seen; empty when that is not said.
        as_of: the date of that; the same.
        plan: what is offered; it does not say when it begins.
    """

    name: str
    price: Money
    source: str
    as_of: str
    plan: Plan


class Catalogue(NamedTuple):
    """Offers that can be compared.

    Attributes:
        currency: of all prices.
        offers: in the order of the file.
    """

    currency: str
    offers: tuple[Offered, ...]


def read_catalogue(path: Path, machine: ZoneInfo) -> Catalogue:
    """Read a catalogue.

    Args:
        path: of the file.
        machine: the machine's time zone, for offers without one of their own.

    Raises:
        ConfigError: it cannot be read, or something in it is not allowed.
    """
    return parse_catalogue(read_text(path), str(path), machine)


def parse_catalogue(text: str, name: str, machine: ZoneInfo) -> Catalogue:
    """Check the text of a catalogue.

    Args:
        text: TOML.
        name: of the file, for messages.
        machine: the machine's time zone, for offers without one of their own.

    Raises:
        ConfigError: something in it is not allowed.
    """
    source = source_of(text, name, _Catalogue)
    offers = converted(source, _Catalogue).offer
    if not offers:
        raise ConfigError(
            f"{name}: there is no offer in it: no line [[offer]]. See one with: "
            "esimmon plan compare --example"
        )
    for key, allowed in _faults(offers):
        raise refusal(source, key, allowed)
    tables = tuple(_as_plan(offer, place) for place, offer in enumerate(offers))
    fault = first_fault(tables) or first_clash(tables, machine)
    if fault is not None:
        key = f"offer[{fault.position}].{_OFFERED.get(fault.key, fault.key)}"
        raise refusal(source, key, fault.allowed)
    plans = (each.plan for each in plans_of(tables, machine))
    return Catalogue(
        offers[0].currency,
        tuple(_offered(*pair) for pair in zip(offers, plans, strict=True)),
    )


def _faults(offers: tuple[OfferTable, ...]) -> Iterator[tuple[str, str]]:
    if len(offers) > _MOST:
        yield f"offer[{_MOST}]", f"left out: at most {_MOST} offers are compared"
    names: set[str] = set()
    currency = offers[0].currency
    for place, offer in enumerate(offers):
        if offer.name in names:
            yield f"offer[{place}].name", "another name: one offer has it already"
        names.add(offer.name)
        if len(offer.currency) > _LONGEST_CURRENCY:
            yield f"offer[{place}].currency", 'short, such as "EUR"'
        if offer.currency != currency:
            allowed = (
                f'"{currency}", as in the first offer: one currency in a comparison, '
                "there are no exchange rates here"
            )
            yield f"offer[{place}].currency", allowed


def _as_plan(offer: OfferTable, place: int) -> PlanTable:
    terms = {key: getattr(offer, key) for key in _OF_PLAN}
    return PlanTable(
        id=f"offer-{place + 1}",
        price=offer.price_per_block,
        starts_on=_ANY_START,
        warn_pct=(),
        remind=(),
        **terms,
    )


def _offered(offer: OfferTable, plan: Plan) -> Offered:
    as_of = offer.as_of or ""
    return Offered(offer.name, offer.price, offer.source or "", as_of[:10], plan)
