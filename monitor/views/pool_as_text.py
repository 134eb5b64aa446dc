"""A pool as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.units import format_duration, format_size
from monitor.views.names import visible
from monitor.views.phrases import wrapped
from monitor.views.pool import age_s, left_range, unknowns
from monitor.views.table import Line, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.moments import Clocks
    from monitor.views.pool import DeviceStanding, PoolStanding, SharedPlan, Unknown
    from monitor.views.table import Layout


def pool_as_text(pool: PoolStanding, clocks: Clocks, layout: Layout) -> str:
    """Write a pool for people.

    Args:
        pool: as it stands.
        clocks: whose clocks people look at.
        layout: what the terminal can show.

    Returns:
        Lines that fit its width; names are escaped.
    """
    blocks = ["\n".join(_plan_lines(each, pool, clocks, layout)) for each in pool.plans]
    return "\n\n".join([*blocks, "\n".join(_about(pool, layout))])


def _plan_lines(
    plan: SharedPlan, pool: PoolStanding, clocks: Clocks, layout: Layout
) -> list[str]:
    found = left_range(plan, pool)
    limit = "" if plan.limit_bytes is None else f" of {format_size(plan.limit_bytes)}"
    head = f"{plan.plan}  {format_size(plan.used_bytes)}{limit} used"
    if found is not None:
        least, most = found
        left = f"{format_size(least)} to " if least != most else ""
        head += f", {left}{format_size(most)} left"
    if plan.cycle_end_s is not None:
        head += f" until {clocks.edge(plan.cycle_end_s)}"
    lines = [_line(each, pool) for each in plan.devices]
    header = ("  device", "member", "used", "last word", "")
    silent = [_sentence(*each, clocks) for each in unknowns(plan, pool)]
    return [
        layout.bold(visible(head)),
        *table(header, lines, layout, texts=2),
        *_wrapped([*silent, *_different(plan.devices)], layout),
    ]


def _line(device: DeviceStanding, pool: PoolStanding) -> Line:
    age = age_s(device, pool.now_s)
    ago = "never" if age is None else f"{format_duration(age)} ago"
    mark = "<- this one" if device.is_own else ""
    return Line(
        (
            f"  {visible(device.name)}",
            visible(device.member),
            format_size(device.used_bytes),
            ago,
            mark,
        )
    )


def _sentence(device: DeviceStanding, what: Unknown, clocks: Clocks) -> str:
    most = format_size(what.most_bytes)
    return (
        f"What {device.name} used since {clocks.moment(what.since_s)} is unknown: up "
        f"to {most}, if every day was like its highest."
    )


def _different(devices: Iterable[DeviceStanding]) -> list[str]:
    names = [each.name for each in devices if each.same_terms is False]
    if not names:
        return []
    there = "compare the plan there (esimmon plan show)"
    return [f"Judged by other words on {', '.join(names)}: {there}."]


def _about(pool: PoolStanding, layout: Layout) -> list[str]:
    sentences = [f"folder {pool.folder}"]
    if pool.written_hour_bytes is not None and pool.written_day_bytes is not None:
        bound = format_size(pool.metered_per_hour_bytes)
        sentences.append(
            f"this device wrote {format_size(pool.written_hour_bytes)} in the last "
            f"hour (at most {bound} on a metered network), "
            f"{format_size(pool.written_day_bytes)} in the last day"
        )
    return _wrapped(sentences, layout)


def _wrapped(sentences: Sequence[str], layout: Layout) -> list[str]:
    return [line for each in sentences for line in wrapped(each, layout)]
