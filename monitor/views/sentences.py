"""What a report says besides its rows: what they add up to, and what is not known."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from monitor.applications.interpreters import DELETED
from monitor.units import format_duration, format_share, format_size
from monitor.views.parts import MINUTES
from monitor.views.phrases import date_text, period_text, store_sentence
from monitor.views.report import ESTIMATED, EXACT
from monitor.views.rows import OTHER_PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.usage import Traffic
    from monitor.views.report import Report
    from monitor.views.totals import InterfaceTotal

_MOST_GAPS = 3
_MOST_HIDDEN = 3
_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - where others write
_TENFOLD = 10
_MINUTES_S = 300


def title(report: Report) -> str:
    """What the report is about.

    Args:
        report: what is shown.

    Returns:
        Period and interfaces; not escaped.
    """
    when = period_text(report.question.period, report.question.zone)
    names = ", ".join(interface.name for interface in report.interfaces)
    return f"{when}  {names}".rstrip()


def sentences(report: Report) -> Iterator[str]:
    """All there is to say.

    Args:
        report: what is shown.

    Yields:
        Sentences, not escaped; what belongs to the one before begins with blanks.
    """
    if not any(row.traffic for row in report.rows):
        yield _nothing(report)
    yield from _whole(report)
    yield from _hidden(report)
    yield from _before(report)
    yield from _ahead(report)
    yield from _coarse(report)
    yield from _gaps(report)
    yield store_sentence(report.store, report.recorded, report.question.zone)


def change_text(now_bytes: int, before_bytes: int) -> str:
    """Write how much more it is than it was.

    Args:
        now_bytes: of the period.
        before_bytes: of the one before.

    Returns:
        Such as "+32 %", "12 x" or "new"; "-" where nothing was and is.
    """
    if before_bytes <= 0:
        return "new" if now_bytes > 0 else "-"
    if now_bytes >= _TENFOLD * before_bytes:
        return f"{now_bytes // before_bytes} x"
    percent = format_share(now_bytes - before_bytes, before_bytes, 0)
    return f"{percent} %" if percent.startswith(("-", "0")) else f"+{percent} %"


def _nothing(report: Report) -> str:
    if report.recorded is None:
        return "Nothing is recorded yet. Start counting with: esimmon run"
    if report.interfaces and report.question.is_narrow:
        asked = ["--app"] if report.question.applications else []
        asked += ["--background"] if report.question.background else []
        return f"Nothing that fits {' and '.join(asked)} moved bytes in this period."
    if report.interfaces:
        return "No bytes were moved in this period."
    which = "such" if report.question.is_placed else "billed"
    begin = datetime.fromtimestamp(report.recorded.from_s, report.question.zone)
    return (
        f"Nothing is recorded of {which} interfaces in this period; records begin "
        f"{date_text(begin)} {begin:%H:%M}."
    )


def _whole(report: Report) -> Iterator[str]:
    """What the rows add up to, or are a part of."""
    question, everything = report.question, report.total.l3
    if question.is_narrow and everything.bytes:
        names = ", ".join(question.applications)
        where = "in the background" if question.background else ""
        which = " ".join(part for part in (names, where) if part)
        part = _share(report.shown, everything)
        yield f"only {which}: {part}everything together is {_both(everything)}"
    if question.is_placed and not question.interfaces and everything.bytes:
        part = _share(everything, report.billed)
        yield f"{part}all billed interfaces together moved {_both(report.billed)}"
    if question.background and any(
        row.reason == OTHER_PROCESSES for row in report.rows
    ):
        yield (
            "processes are told apart where a program was in the background for all "
            "of an hour; the rest is in its (other processes)"
        )
    for interface in () if question.is_narrow else report.interfaces:
        if interface.elsewhere:
            continue
        yield _counter(interface)
        if interface.imported:
            yield (
                f"  of it {_both(interface.imported)} imported: counted by another "
                "program, with the link layer"
            )
        if interface.local:
            yield (
                f"  beside it {_both(interface.local)} stayed among its neighbours, "
                "and is in no plan"
            )
    yield from () if question.is_narrow else _devices(report)
    yield from _coverage(report)


def _devices(report: Report) -> Iterator[str]:
    """What the total is made of, where it is not of this computer alone."""
    everything, elsewhere = report.total.l3, report.elsewhere
    for interface in report.interfaces:
        if interface.elsewhere:
            moved = _both(interface.bill.l3)
            yield f"+ {interface.name}: {moved}, imported: counted by another device"
    if 0 < elsewhere.bytes < everything.bytes:
        yield (
            f"total {format_size(everything.bytes)} = "
            f"{format_size(everything.bytes - elsewhere.bytes)} of this computer + "
            f"{format_size(elsewhere.bytes)} of other devices"
        )


def _hidden(report: Report) -> Iterator[str]:
    """Programs that run from where no program is installed, once each."""
    found = {
        row.process.exe: row.process
        for row in report.rows
        if row.process is not None and row.process.exe.startswith(_TEMPORARY)
    }
    for exe, process in list(found.items())[:_MOST_HIDDEN]:
        gone = " whose file is gone" if exe.endswith(DELETED) else ""
        yield (
            f"{process.comm} is {exe}: a program{gone} in a folder for temporary files "
            "deserves a look"
        )


def _share(part: Traffic, whole: Traffic) -> str:
    if whole.bytes <= 0:
        return ""
    return f"this is {format_share(part.bytes, whole.bytes)} %; "


def _counter(interface: InterfaceTotal) -> str:
    counter, packets = interface.bill.counter, interface.bill.l3
    exactness = ESTIMATED if interface.estimated_bytes else EXACT
    equal = (counter.rx_bytes, counter.tx_bytes) == (packets.rx_bytes, packets.tx_bytes)
    if equal and not interface.imported:
        return f"= {interface.name} counter: {_both(counter)}, all of it IP packets"
    return (
        f"= {interface.name} counter: {_both(counter)}; as IP packets, which is what "
        f"a carrier bills: {_both(packets)} ({exactness})"
    )


def _both(traffic: Traffic) -> str:
    return f"{format_size(traffic.rx_bytes)} down, {format_size(traffic.tx_bytes)} up"


def _coverage(report: Report) -> Iterator[str]:
    permille = report.coverage_permille
    if permille is None:
        return
    sentence = f"coverage {permille // 10}.{permille % 10} %"
    left, imported = report.unattributed.bytes, _imported_bytes(report)
    if left:
        sentence += f": {format_size(left)} without a known owner"
    if imported:
        sentence += f", of it {format_size(imported)} imported"
    yield sentence


def _imported_bytes(report: Report) -> int:
    return sum(each.imported.bytes + each.elsewhere.bytes for each in report.interfaces)


def _before(report: Report) -> Iterator[str]:
    before = report.before
    if before is None:
        if report.question.compare:
            yield "nothing to compare with: the period before was not counted"
        return
    when = period_text(before.period, report.question.zone)
    if report.shown.bytes or before.traffic.bytes:
        change = change_text(report.shown.bytes, before.traffic.bytes)
        yield f"before, {when}: {format_size(before.traffic.bytes)}; now {change}"


def _ahead(report: Report) -> Iterator[str]:
    """What it will be if it goes on like this; not at the very beginning."""
    period, until_s = report.question.period, report.question.until_s
    moved_bytes, recorded = report.shown.bytes, report.recorded
    if until_s is None or recorded is None or moved_bytes <= 0:
        return
    past_s = until_s - max(period.from_s, recorded.from_s)
    left_s = period.to_s - until_s
    if left_s <= _MINUTES_S or past_s * _TENFOLD < past_s + left_s:
        return
    size = format_size(moved_bytes + moved_bytes * left_s // past_s)
    end = datetime.fromtimestamp(period.to_s - 1, report.question.zone)
    yield f"at this pace {size} by the end of {date_text(end)}"


def _coarse(report: Report) -> Iterator[str]:
    """Where rows are finer than what is kept."""
    from_s, kept = report.question.period.from_s, report.kept
    if report.question.by not in MINUTES or not report.rows:
        return
    for until_s, what in ((kept.spans_from_s, "hour"), (kept.hours_from_s, "day")):
        if (
            what != report.question.by
            and from_s < until_s
            and report.began_before(until_s)
        ):
            until = datetime.fromtimestamp(until_s, report.question.zone)
            yield (
                f"before {date_text(until)} usage is kept by the {what}: rows there "
                "are equal parts of it"
            )


def _gaps(report: Report) -> Iterator[str]:
    for gap in report.gaps[:_MOST_GAPS]:
        start, end = (
            datetime.fromtimestamp(at_s, report.question.zone) for at_s in gap.interval
        )
        same_day = start.date() == end.date()
        shown_end = f"{end:%H:%M}" if same_day else f"{date_text(end)} {end:%H:%M}"
        length_s = gap.interval.to_s - gap.interval.from_s
        why = "daemon stopped" if gap.clean else "daemon killed, or no power"
        yield (
            f"gap {date_text(start)} {start:%H:%M} - {shown_end} "
            f"({format_duration(length_s)}): {why}"
        )
    more = len(report.gaps) - _MOST_GAPS
    if more > 0:
        yield f"and {more} more gaps (all of them: --json)"
