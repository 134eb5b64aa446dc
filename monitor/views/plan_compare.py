"""Offers under one usage, the cheapest that fits first."""

from __future__ import annotations

import json
import textwrap
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from monitor.plans.loads import busiest
from monitor.plans.localtime import local_time
from monitor.plans.rebuying import DAYS
from monitor.units import format_count, format_share, format_size
from monitor.views.names import visible
from monitor.views.table import Line, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from monitor.config.catalogue import Offered
    from monitor.plans.comparing import Outcome
    from monitor.plans.loads import Load
    from monitor.plans.rebuying import Again
    from monitor.views.table import Layout

_VERSION: Final = 1
_INDENT: Final = "  "
_NONE: Final = "-"


class Tried(NamedTuple):
    """What would have become of the usage under an offer."""

    offer: Offered
    outcome: Outcome


class Compared(NamedTuple):
    """All that was found.

    Attributes:
        currency: of all prices.
        load: the usage.
        devices: on which it was recorded; empty for an even one.
        of_days: bytes of each day.
        rate: the even usage in words; empty for a recorded one.
        zone: whose days.
        tried: in any order.
    """

    currency: str
    load: Load
    devices: tuple[str, ...]
    of_days: list[int]
    rate: str
    zone: ZoneInfo
    tried: Sequence[Tried]

    @property
    def ordered(self) -> list[Tried]:
        """Those that fit first, then by days without data, then by cost."""

        def key(each: Tried) -> tuple[int, Decimal, str]:
            outcome = each.outcome
            return outcome.days_without, outcome.cost_30_days, each.offer.name

        return sorted(self.tried, key=key)

    @property
    def days_with_usage(self) -> int:
        """How many days something was moved on."""
        return sum(each > 0 for each in self.of_days)

    def money(self, amount: Decimal) -> str:
        """Such as "12.00 EUR"."""
        return f"{amount:.2f} {visible(self.currency)}"


def as_text(compared: Compared, layout: Layout) -> str:
    """Write a comparison for people.

    Args:
        compared: what was found.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names from outside are escaped.
    """
    ordered = compared.ordered
    header = (
        *("offer", f"{visible(compared.currency)} for {DAYS} days", "bought"),
        *("without data", "not used"),
    )
    head, *rows = table(header, [_row(each) for each in ordered], layout)
    lines = [*_wrapped(_usage(compared), layout, ""), "", head]
    for each, row in zip(ordered, rows, strict=True):
        lines.append(row)
        for note in _notes(each, compared):
            lines += [layout.dim(line) for line in _wrapped(note, layout, _INDENT)]
    lines.append("")
    for sentence in _verdict(compared, ordered):
        lines += _wrapped(sentence, layout, "")
    return "\n".join(lines)


def _wrapped(text: str, layout: Layout, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        layout.width,
        initial_indent=indent,
        subsequent_indent=f"{indent}{_INDENT}" if indent else "",
        break_on_hyphens=False,
    )


def _usage(compared: Compared) -> str:
    whole = format_size(sum(compared.of_days))
    if compared.rate:
        return f"An even {compared.rate}, for a year: {whole}."
    first, last, days = _dates(compared)
    devices = ", ".join(visible(device) for device in compared.devices)
    return (
        f"What was recorded on {devices} from {first} to {last} ({_days(days)}, "
        f"{compared.days_with_usage} with usage): {whole}."
    )


def _dates(compared: Compared) -> tuple[date, date, int]:
    begin_s, end_s = compared.load.period
    first = local_time(begin_s, compared.zone).date()
    last = local_time(end_s - 1, compared.zone).date()
    return first, last, len(compared.load.days) - 1


def _row(each: Tried) -> Line:
    outcome = each.outcome
    unused = _NONE
    if outcome.paid_bytes:
        unused = f"{format_share(outcome.unused_bytes, outcome.paid_bytes, 0)} %"
    cells = (
        visible(each.offer.name),
        f"{outcome.cost_30_days:.2f}",
        format_count(outcome.purchases),
        _days(outcome.days_without),
        unused,
    )
    return Line(cells)


def _days(count: int) -> str:
    return f"{format_count(count)} day{'' if count == 1 else 's'}"


def _notes(each: Tried, compared: Compared) -> Iterator[str]:
    outcome = each.outcome
    said = [
        (outcome.refused_bytes, f"{format_size(outcome.refused_bytes)} refused"),
        (
            outcome.uncovered_bytes,
            f"{format_size(outcome.uncovered_bytes)} of it where it is not good",
        ),
        (outcome.days_slow, f"slow on {_days(outcome.days_slow)}"),
        (outcome.billed, f"{compared.money(outcome.billed)} billed beyond it"),
        (not outcome.ended, "not over on the last day"),
    ]
    parts = [text for is_so, text in said if is_so]
    if parts:
        yield ", ".join(parts)
    if outcome.again is not None:
        yield f"bought again at once: {_again(outcome.again, compared)}"
    as_of = f"as of {each.offer.as_of}" if each.offer.as_of else ""
    where = ", ".join(filter(None, (each.offer.source, as_of)))
    if where:
        yield visible(where)


def _again(again: Again, compared: Compared) -> str:
    times = format_count(again.purchases)
    return f"{_for_30_days(again.cost_30_days, compared)}, {times} times"


def _for_30_days(cost: Decimal, compared: Compared) -> str:
    return f"{compared.money(cost)} for {DAYS} days"


def _verdict(compared: Compared, ordered: Sequence[Tried]) -> Iterator[str]:
    """What to buy; the last sentence names it."""
    best, fitting = ordered[0], [each for each in ordered if each.outcome.fits]
    cheapest = best.outcome.cost_30_days if fitting else None
    yield from _at_once(compared, cheapest)
    if not fitting:
        name, lacking = visible(best.offer.name), best.outcome.days_without
        days = len(compared.load.days) - 1
        yield f"none fits; fewest days without data: {name}, {lacking} of {days}"
        return
    slow = best.outcome.days_slow
    fast = next((each for each in fitting if not each.outcome.days_slow), None)
    if slow and fast is not None:
        cost = _for_30_days(fast.outcome.cost_30_days, compared)
        yield f"never slow: {visible(fast.offer.name)}, {cost}"
    cost = _for_30_days(best.outcome.cost_30_days, compared)
    is_slow = f" (slow on {_days(slow)})" if slow else ""
    most = format_size(busiest(compared.of_days, DAYS))
    yield (
        f"fits best: {visible(best.offer.name)}, {cost}{is_slow}; your busiest {DAYS} "
        f"days had {most}"
    )


def _at_once(compared: Compared, cheapest: Decimal | None) -> Iterator[str]:
    """The cheapest that leaves no day without data if it is bought again in time."""
    found = [
        (again.cost_30_days, each.offer.name, again)
        for each in compared.tried
        if (again := each.outcome.again) is not None
        and not each.outcome.uncovered_bytes
        and (cheapest is None or again.cost_30_days < cheapest)
    ]
    if found:
        _, name, again = min(found)
        yield (
            f"{'cheaper' if cheapest is not None else 'possible'}, if you buy it again "
            f"whenever it is used up: {visible(name)}, {_again(again, compared)}"
        )


def as_json(compared: Compared) -> str:
    """Write a comparison for programs.

    Args:
        compared: what was found.
    """
    first, last, days = _dates(compared)
    of_days = compared.of_days
    ordered = compared.ordered
    document = {
        "version": _VERSION,
        "usage": {
            "kind": "even" if compared.rate else "recorded",
            "rate": compared.rate or None,
            "tz": str(compared.zone),
            "from": _instant(compared.load.period.from_s),
            "to": _instant(compared.load.period.to_s),
            "first_day": first.isoformat(),
            "last_day": last.isoformat(),
            "days": days,
            "days_with_usage": compared.days_with_usage,
            "interfaces": list(compared.devices),
            "bytes": sum(of_days),
            f"busiest_{DAYS}_days_bytes": busiest(of_days, DAYS),
        },
        "currency": compared.currency,
        "offers": [_offer(each) for each in ordered],
        "best": ordered[0].offer.name if ordered[0].outcome.fits else None,
    }
    return json.dumps(document, indent=2)


def _offer(each: Tried) -> dict[str, object]:
    offer, outcome = each
    again = outcome.again
    return {
        "name": offer.name,
        "source": offer.source or None,
        "as_of": offer.as_of or None,
        "price": _money(offer.price),
        "fits": outcome.fits,
        f"cost_{DAYS}_days": _money(outcome.cost_30_days),
        "cost": _money(outcome.cost),
        "billed": _money(outcome.billed),
        "purchases": outcome.purchases,
        "purchases_ended": outcome.ended,
        "days_without_data": outcome.days_without,
        "refused_bytes": outcome.refused_bytes,
        "uncovered_bytes": outcome.uncovered_bytes,
        "days_slow": outcome.days_slow,
        "paid_bytes": outcome.paid_bytes,
        "used_bytes": outcome.used_bytes,
        "unused_bytes": outcome.unused_bytes,
        "bought_again_at_once": again
        and {
            "purchases": again.purchases,
            "cost": _money(again.cost),
            f"cost_{DAYS}_days": _money(again.cost_30_days),
        },
    }


def _money(amount: Decimal) -> str:
    """All its digits, at least two after the point."""
    rounded = f"{amount:.2f}"
    return rounded if Decimal(rounded) == amount else f"{amount:f}"


def _instant(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
