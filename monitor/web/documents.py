"""The answers, by the functions that `report`, `status`, `networks` and `alerts` use.

Nothing is computed here that they compute. Names from outside are as a terminal would
show them, so that no character changes the direction or the look of a line; keys, which
are asked back with, stay as they are.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from monitor.accounts.bookkeeping import open_book
from monitor.accounts.paying import bindings_at
from monitor.accounts.planfacts import plan_facts
from monitor.alerts import look_at
from monitor.client import statusfile
from monitor.errors import UsageError
from monitor.escapes import visible
from monitor.networks.facts import present
from monitor.plans.payers import Paying, payer
from monitor.store import alerts as stored
from monitor.store import queries
from monitor.units import format_duration, format_share
from monitor.usage import Interval
from monitor.views import plan_glance
from monitor.views.alerts import alerts_as_json
from monitor.views.as_json import as_json
from monitor.views.facts import traffic_facts
from monitor.views.labels import row_label
from monitor.views.networks import Asked as AskedNetworks
from monitor.views.networks import read_networks
from monitor.views.networks_as_data import networks_as_json
from monitor.views.periods import parse_period, parse_since
from monitor.views.phrases import period_text
from monitor.views.question import Question
from monitor.views.report import read_report
from monitor.views.rows import sums

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.usage import Traffic
    from monitor.views.report import Report
    from monitor.views.rows import Row
    from monitor.web.asking import Asked
    from monitor.web.reader import Opened

_LATELY: Final = "30 days"
_RAW: Final = ("key",)


def standing(opened: Opened) -> dict[str, Any]:
    """How the plans stand, and what moves now: `esimmon status`.

    Args:
        opened: the database.

    Returns:
        The daemon's document, or one without it; what is said at a glance, by plan.
    """
    document = opened.document
    found = document or {"plans": _plans(opened), "alerts": [], "rate": {}}
    age_s = statusfile.age_s(document) if document else 0
    return {
        "version": 1,
        "store": str(opened.store.path),
        "timezone": str(opened.zone),
        "now_s": opened.now_s,
        "running": document is not None,
        "status": found,
        "words": {plan["id"]: _words(plan, age_s) for plan in found["plans"]},
    }


def _plans(opened: Opened) -> list[dict[str, object]]:
    """What a daemon would say of the plans, by what is recorded."""
    found = []
    for each in opened.plans:
        book = open_book(opened.store, opened.plans, each.plan.id, opened.now_s)
        seen = look_at(book.account_now, opened.now_s)
        found.append(plan_facts(each, seen, opened.now_s))
    return found


def _words(plan: dict[str, Any], age_s: int) -> dict[str, Any]:
    return {
        "used": plan_glance.used(plan),
        "left": plan_glance.left(plan),
        "turn": plan_glance.turn(plan, age_s),
        "more": plan_glance.details(plan),
    }


def usage(opened: Opened, asked: Asked) -> dict[str, Any]:
    """The graph and the applications of a period: `esimmon report`, twice.

    Args:
        opened: the database: both are of one snapshot.
        asked: which period, networks and plan.

    Returns:
        As `applications`, and the parts of the period: from, to, down, up, and how
        many seconds of it nobody counted.
    """
    report = read_report(opened.store, _question(opened, asked, asked.step))
    moved = sums((row.interval, row.traffic) for row in report.rows if row.interval)
    found = applications(opened, asked)
    blind = [Interval(*each) for each in found["blind"]]
    parts = [
        [*part, traffic.rx_bytes, traffic.tx_bytes, _common_s(part, blind)]
        for part, traffic in moved.items()
    ]
    return found | {"step": asked.step, "parts": parts}


def _common_s(part: Interval, blind: Iterable[Interval]) -> int:
    """Seconds of a part that nobody counted."""
    return sum(
        max(0, min(part.to_s, gap.to_s) - max(part.from_s, gap.from_s)) for gap in blind
    )


def _blind(opened: Opened, report: Report) -> list[Interval]:
    """When nobody counted: before the first record, in gaps, since the last run."""
    from_s, to_s = report.question.period
    until_s = min(to_s, opened.now_s)
    run, recorded = queries.last_run(opened.store), report.recorded
    if run is None or recorded is None:
        return [Interval(from_s, until_s)]
    blind = [
        Interval(from_s, min(until_s, recorded.from_s)),
        *(gap.interval for gap in report.gaps),
        Interval(max(from_s, run.to_s, recorded.to_s), until_s),
    ]
    return [each for each in blind if each.from_s < each.to_s]


def applications(opened: Opened, asked: Asked) -> dict[str, Any]:
    """Whose bytes they were: `esimmon report`.

    Args:
        opened: the database.
        asked: which period, networks and plan.

    Returns:
        The report's document without its rows, and one row for each line of its text.
    """
    report = read_report(opened.store, _question(opened, asked, "application"))
    document: dict[str, Any] = json.loads(as_json(replace(report, rows=())))
    for name, gap in zip(document["gaps"], report.gaps, strict=True):
        name["from_s"], name["to_s"] = gap.interval
        name["lasted"] = format_duration(gap.interval.to_s - gap.interval.from_s)
    permille = report.coverage_permille
    document |= {
        "from_s": asked.period.from_s,
        "to_s": asked.period.to_s,
        "text": period_text(asked.period, opened.zone),
        "blind": _blind(opened, report),
        "now_s": opened.now_s,
        "total": traffic_facts(report.total.l3),
        "coverage_pct": None if permille is None else permille / 10,
        "unattributed_bytes": report.unattributed.bytes,
        "applications": list(_lines(report)),
    }
    del document["rows"]
    return document


def _lines(report: Report) -> Iterable[dict[str, object]]:
    """What the text has a line for, with what of it was in the background."""
    labels = [(row_label(row, report), row) for row in report.rows]
    background = sums(
        (label, row.traffic) for label, row in labels if row.app_class == "background"
    )
    owned = {label: row for label, row in labels if row.is_owned}
    whole = report.total.l3.bytes
    lines = sums((label, row.traffic) for label, row in labels)
    for label, traffic in sorted(lines.items(), key=lambda line: -line[1].bytes):
        if traffic.rx_bytes or traffic.tx_bytes:
            share = format_share(traffic.bytes, whole) if whole > 0 else None
            yield {
                "label": label,
                **_named(owned.get(label)),
                **traffic_facts(traffic),
                "share_pct": share,
                "background_bytes": _bytes(background.get(label)),
            }


def _named(row: Row | None) -> dict[str, object]:
    return {"application": row.application if row else None, "owned": row is not None}


def _bytes(traffic: Traffic | None) -> int:
    return traffic.bytes if traffic else 0


def _question(opened: Opened, asked: Asked, by: str) -> Question:
    """As `esimmon report` asks.

    Raises:
        UsageError: there is no such plan.
    """
    paying = Paying()
    if asked.plan is not None:
        if asked.plan not in {each.plan.id for each in opened.plans}:
            raise UsageError(f'no plan "{visible(asked.plan)}".')
        paying = Paying(bindings_at(opened.store, opened.plans, opened.now_s))
    return Question(
        period=asked.period,
        zone=opened.zone,
        by=by,
        networks=asked.networks,
        paying=paying,
        plan=asked.plan,
    )


def networks(opened: Opened) -> dict[str, Any]:
    """What is attached now, and what was lately: `esimmon networks`.

    Args:
        opened: the database.

    Returns:
        The document of `--json`, and what each is called among the others.
    """
    now_s, document = opened.now_s, opened.document
    bindings = bindings_at(opened.store, opened.plans, now_s)
    overview = read_networks(
        opened.store,
        AskedNetworks(
            since_s=parse_since(_LATELY, now_s, opened.zone).from_s,
            today=parse_period("today", now_s, opened.zone),
            zone=opened.zone,
            present=present(document) if document else None,
            plan_of=partial(payer, bindings, at_s=now_s),
            has_plans=bool(opened.plans),
        ),
    )
    found: dict[str, Any] = json.loads(networks_as_json(overview))
    for facts, row in zip(found["networks"], overview.rows, strict=True):
        facts["called"] = row.name
    return found


def alerts(opened: Opened) -> dict[str, Any]:
    """What was told: `esimmon alerts list`.

    Args:
        opened: the database.
    """
    rows = stored.listed(opened.store)
    text = alerts_as_json(rows, opened.store.path, opened.silences(rows))
    found: dict[str, Any] = json.loads(text)
    return found


def harmless(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """A document whose texts have no character that would not be seen.

    Args:
        value: of a document.
    """
    if isinstance(value, dict):
        return {
            name: each if name in _RAW else harmless(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [harmless(each) for each in value]
    return visible(value) if isinstance(value, str) else value
