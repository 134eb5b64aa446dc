"""The networks for people: a table, and below it what to do about them."""

from __future__ import annotations

import shlex
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Final

from monitor.networks.uplink import INTERFACE
from monitor.units import format_size
from monitor.views.names import visible
from monitor.views.network_names import operator_text, what_it_is
from monitor.views.phrases import date_text, store_sentence, wrapped
from monitor.views.table import Line, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.networks.uplink import Network
    from monitor.views.networks import NetworkRow, Overview
    from monitor.views.table import Layout

_HEADER: Final = ("network", "interface", "seen", "metered", "roaming", "plan", "today")
_ROAMING: Final = _HEADER.index("roaming")
NO_PLAN: Final = "NO PLAN"
"""In place of the plan of a network that costs."""
_INDENT: Final = "    "
_ROOM_FOR_ALL: Final = 60
_MOST: Final = 3
# Who says whether bytes cost: in the table, and with more room.
_BECAUSE: Final = {
    "config": ("configured", "as your configuration says"),
    "networkmanager": ("NetworkManager", "as NetworkManager says"),
    "guess": ("a guess", "as NetworkManager guesses"),
    "modem": ("a SIM", "because it is a SIM card"),
    "iphone": ("iPhone", "because it is an iPhone's hotspot"),
    "tether": ("tether", "because it is a phone's connection"),
    "bluetooth": ("Bluetooth", "because it is a phone's connection"),
}


def networks_as_text(overview: Overview, layout: Layout, *, is_long: bool) -> str:
    """Write the networks for people.

    Args:
        overview: what to write.
        layout: what the terminal can show.
        is_long: with all identifiers in full.

    Returns:
        Lines that fit its width; names from outside are escaped.
    """
    lines = _table(overview, layout, is_long=is_long) if overview.rows else []
    for sentence in _footer(overview):
        lines += wrapped(sentence, layout)
    return "\n".join(lines)


def _table(overview: Overview, layout: Layout, *, is_long: bool) -> list[str]:
    is_running = overview.asked.present is not None
    lines = [
        Line(_cells(row, overview), is_dim=is_running and not row.is_attached)
        for row in overview.rows
    ]
    header: tuple[str, ...] = _HEADER
    if not any(row.network.roaming for row in overview.rows):
        header = _without_roaming(header)
        lines = [
            Line(_without_roaming(each.cells), None, each.is_dim) for each in lines
        ]
    if layout.width < _ROOM_FOR_ALL:
        header = _without_places(header)
        lines = [Line(_without_places(each.cells), None, each.is_dim) for each in lines]
    first, *shown = table(header, lines, layout, texts=len(header) - 1)
    if not is_long:
        return [first, *shown, ""]
    found = [first]
    for line, row in zip(shown, overview.rows, strict=True):
        found += [line, *_details(row, overview, layout)]
    return [*found, ""]


def _without_places(cells: tuple[str, ...]) -> tuple[str, ...]:
    """What each is, who pays and how much: the rest has no room."""
    return cells[0], *cells[-2:]


def _without_roaming(cells: tuple[str, ...]) -> tuple[str, ...]:
    return cells[:_ROAMING] + cells[_ROAMING + 1 :]


def _cells(row: NetworkRow, overview: Overview) -> tuple[str, ...]:
    return (
        row.name,
        visible(row.interface or "-"),
        _seen(row, overview),
        _metered(row.network),
        f"in {operator_text(row.network)}".rstrip() if row.network.roaming else "",
        visible(row.plan or (NO_PLAN if row.is_uncovered else "-")),
        format_size(row.total.bytes),
    )


def _metered(network: Network) -> str:
    if network.metered is None:
        return "not known"
    answer = _answer(network)
    by, _ = _BECAUSE.get(network.metered_by, (visible(network.metered_by), ""))
    return f"{answer}, {by}" if by else answer


def _answer(network: Network) -> str:
    return "yes" if network.metered else "no"


def _seen(row: NetworkRow, overview: Overview) -> str:
    if row.is_attached:
        return "now"
    return _when(row.seen.to_s, overview) if row.seen else "-"


def _when(at_s: int, overview: Overview) -> str:
    """A time of today, or a day of this year or another."""
    zone, today = overview.asked.zone, overview.asked.today
    local = datetime.fromtimestamp(at_s, zone)
    if today.from_s <= at_s < today.to_s:
        return f"{local:%H:%M}"
    if local.year == datetime.fromtimestamp(today.from_s, zone).year:
        return f"{local.day} {local:%b}"
    return date_text(local)


def _details(row: NetworkRow, overview: Overview, layout: Layout) -> list[str]:
    """What is known of a network beyond its line."""
    network, zone = row.network, overview.asked.zone
    _, because = _BECAUSE.get(network.metered_by, ("", ""))
    parts = {
        "key": network.key,
        "is": what_it_is(network) if row.label else "",
        "SSID": "" if _is_plain(network.ssid) else network.ssid.hex(),
        "connection": network.uuid,
        "ICCID": network.iccid,
        "EID": network.eid,
        "operator": operator_text(network),
        "metered": f"{_answer(network)}, {because}" if because else "",
        "tether": network.tether,
    }
    if row.seen:
        first, last = (datetime.fromtimestamp(at_s, zone) for at_s in row.seen)
        parts["first seen"] = f"{date_text(first)} {first:%H:%M}"
        parts["last"] = f"{date_text(last)} {last:%H:%M}"
    told = [
        f"{name} {value}"
        for name, value in parts.items()
        if value and (name == "key" or value not in network.key)
    ]
    room = layout.width - len(_INDENT)
    lines = textwrap.wrap(visible("; ".join(told)), room, break_on_hyphens=False)
    return [_INDENT + line for line in lines]


def _is_plain(ssid: bytes) -> bool:
    """Whether the table shows an SSID as it is."""
    return ssid.decode("utf-8", "surrogateescape").isprintable()


def _footer(overview: Overview) -> Iterator[str]:
    asked, is_running = overview.asked, overview.asked.present is not None
    if not overview.rows:
        yield _nothing(overview)
    yield from _uncovered(overview)
    if not is_running and overview.last_s is not None:
        when = _clock(overview.last_s, overview)
        yield (
            f"As of {when}, when esimmon last ran: what is attached now is known only "
            "while it runs."
        )
    if overview.older and overview.rows:
        more = "1 more was" if overview.older == 1 else f"{overview.older} more were"
        yield f"{more} seen before: esimmon networks --all"
    yield store_sentence(overview.store, overview.recorded, asked.zone)


def _clock(at_s: int, overview: Overview) -> str:
    """A time of today, or a day with its time."""
    local, day = (
        datetime.fromtimestamp(at_s, overview.asked.zone),
        _when(at_s, overview),
    )
    clock = f"{local:%H:%M}"
    return clock if day == clock else f"{day} {clock}"


def _nothing(overview: Overview) -> str:
    if overview.older:
        return "No network was seen in this time. All of them: esimmon networks --all"
    if overview.asked.present is not None:
        return (
            "Nothing is attached, and no byte was counted yet. Is the interface one "
            "that is billed? See: esimmon doctor"
        )
    return "No network was seen yet. Start counting with: esimmon run"


def _uncovered(overview: Overview) -> Iterator[str]:
    """Networks that cost and that nobody pays for, and what to type."""
    rows = [row for row in overview.rows if row.is_uncovered]
    if rows and not overview.asked.has_plans:
        yield (
            f"{NO_PLAN}: nothing is known of what you bought. Write it down with: "
            "esimmon plan add, or esimmon setup"
        )
        return
    for row in rows[:_MOST]:
        yield (
            f"{row.name} is metered, and no plan pays for it. Say which does: "
            f"esimmon plan bind PLAN {_to_type(row)}"
        )
    if len(rows) > _MOST:
        yield f"{len(rows) - _MOST} more are metered without a plan, see above."


def _to_type(row: NetworkRow) -> str:
    """What means the network to `esimmon plan bind`, as a shell takes it."""
    if row.network.kind == INTERFACE and row.interface:
        return shlex.quote(visible(row.interface))
    return shlex.quote(visible(row.label or row.network.key))
