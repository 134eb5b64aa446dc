"""The plans that the daemon judges so far: one quota a month, or one for some days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from monitor.config.instants import second_of
from monitor.plans import Calibration, Plan, Validity
from monitor.plans.cycles import calendar_end

if TYPE_CHECKING:
    from monitor.config.plans import PlanTable

_HOUR_S: Final = 3600
_DAY_H: Final = 24


def plans_of(tables: tuple[PlanTable, ...], machine: ZoneInfo) -> tuple[Plan, ...]:
    """The plans that a configuration describes, as far as they are so small.

    Args:
        tables: checked values.
        machine: the machine's time zone, for plans without one of their own.

    Returns:
        In the same order, without those that pay for no pattern of interfaces.
    """
    return tuple(_plan(table, machine) for table in tables if table.match.interface)


def _plan(table: PlanTable, machine: ZoneInfo) -> Plan:
    zone = ZoneInfo(table.tz) if table.tz else machine
    said = None
    if table.remaining is not None and table.as_of is not None:
        said = Calibration(second_of(table.as_of, zone), table.remaining)
    return Plan(
        id=table.id,
        interfaces=table.match.interface or (),
        zone=zone,
        quota_bytes=table.quota or None,
        count=table.count,
        warn_pct=tuple(sorted(set(table.warnings))),
        billing_day=(table.billing_day or 1) if table.every == "month" else None,
        validity=_validity(table, zone),
        calibration=said,
    )


def _validity(table: PlanTable, zone: ZoneInfo) -> Validity:
    begin, length = table.starts_on, table.valid
    if begin is None or begin.is_event:
        return Validity()
    start_s = second_of(begin, zone)
    if length is None:
        return Validity(start_s)
    if length.is_calendar or begin.is_date:
        return Validity(start_s, calendar_end(start_s, length.hours // _DAY_H, zone))
    # Blocks of 24 hours, whatever the clocks do.
    return Validity(start_s, start_s + length.hours * _HOUR_S)
