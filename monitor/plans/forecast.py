"""Where the current cycle leads: projection, the day it runs out, a daily budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from monitor.plans.localtime import NEVER
from monitor.units import format_share

if TYPE_CHECKING:
    from monitor.plans.account import Account
    from monitor.plans.books import Books
    from monitor.usage import Interval

_DAY_S: Final = 86_400


class Forecast(Struct, frozen=True, kw_only=True):
    """What a cycle will come to; instants are UTC seconds.

    All is None, and `rapid` false, where there is no cycle or it has no end.

    Attributes:
        cycle_len_s: length of the cycle.
        elapsed_pct: how much of it is over, percent as text.
        projected_bytes: used at its end at the speed so far.
        runs_out_at: when the main lots are empty at that speed, if within the cycle.
        recent_bytes: metered in the last days.
        rapid_projected_bytes: used in a whole cycle at the speed of the last days.
        rapid: whether that is far above the limit.
        remaining_days: begun days until the end of the cycle.
        today_bytes: metered today.
        daily_budget_bytes: what may be used each day from today on.
        left_today_bytes: what is left of that today.
    """

    cycle_len_s: int | None = None
    elapsed_pct: str | None = None
    projected_bytes: int | None = None
    runs_out_at: int | None = None
    recent_bytes: int | None = None
    rapid_projected_bytes: int | None = None
    rapid: bool = False
    remaining_days: int | None = None
    today_bytes: int | None = None
    daily_budget_bytes: int | None = None
    left_today_bytes: int | None = None


def forecast(account: Account, at_s: int) -> Forecast:
    """Look ahead from an instant.

    Args:
        account: of the plan.
        at_s: UTC second asked about, not before what was charged last.

    Returns:
        The forecast.

    Raises:
        PlanError: the account is beyond that instant.
    """
    books = account.seen_at(at_s).books
    cycle = books.cycle
    if cycle is None or cycle.to_s == NEVER or cycle.from_s == -NEVER:
        return Forecast()
    length_s, elapsed_s = cycle.to_s - cycle.from_s, at_s - cycle.from_s
    terms, remaining_bytes = books.contract.plan.forecast, books.remaining_bytes
    recent_bytes = books.meter.recent(at_s)
    rapid_bytes = recent_bytes * length_s // terms.rapid_window_s
    found = Forecast(
        cycle_len_s=length_s,
        elapsed_pct=format_share(elapsed_s, length_s),
        recent_bytes=recent_bytes,
        rapid_projected_bytes=rapid_bytes,
        remaining_days=-((at_s - cycle.to_s) // _DAY_S),
        today_bytes=books.meter.today_bytes,
    )
    if elapsed_s >= max(terms.min_elapsed_s, 1) and books.main_used_bytes:
        found = structs.replace(
            found,
            projected_bytes=books.main_used_bytes * length_s // elapsed_s,
            runs_out_at=_runs_out(books, cycle, at_s),
        )
    if remaining_bytes is None:
        return found
    limit_bytes = books.main_taken_bytes + remaining_bytes
    budget_bytes = remaining_bytes + books.meter.today_main_bytes
    budget_bytes //= found.remaining_days or 1
    return structs.replace(
        found,
        rapid=2 * rapid_bytes > 3 * limit_bytes,
        daily_budget_bytes=budget_bytes,
        left_today_bytes=max(0, budget_bytes - books.meter.today_bytes),
    )


def _runs_out(books: Books, cycle: Interval, at_s: int) -> int | None:
    remaining_bytes = books.remaining_bytes
    if remaining_bytes is None:
        return None
    elapsed_s = at_s - cycle.from_s
    end_s = at_s + remaining_bytes * elapsed_s // books.main_used_bytes
    return end_s if end_s < cycle.to_s else None
