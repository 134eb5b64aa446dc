"""The status file as figures for Prometheus, in its text format 0.0.4.

Written here and not by prometheus_client: that library keeps figures of its own
process, and these come whole from a file each time. Names and units are by the
conventions of prometheus.io/docs/practices/naming: base units, `_total` for counters.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Family(NamedTuple):
    """Figures of one name.

    Attributes:
        name: by the conventions.
        kind: `counter` or `gauge`.
        words: what it is.
        values: labels and figure.
    """

    name: str
    kind: str
    words: str
    values: Iterable[tuple[Mapping[str, str], float | None]]


def as_text(document: Mapping[str, Any] | None) -> str:
    """Write what the daemon last said.

    Args:
        document: of the status file; None where no daemon keeps it.

    Returns:
        A line for each figure; of a name that has none, nothing.
    """
    families = [
        _Family(
            "esimmon_up",
            "gauge",
            "Whether the daemon counts.",
            [({}, document is not None)],
        )
    ]
    if document is not None:
        families += [*_traffic(document), *_plans(document), *_alerts(document)]
    return "".join(line for family in families for line in _lines(family))


def _traffic(document: Mapping[str, Any]) -> Iterator[_Family]:
    labelled = [
        ({"interface": each["interface"], "network": each["network"]}, each)
        for each in document.get("totals", [])
    ]
    for way, words in (("receive", "received"), ("transmit", "sent")):
        short = {"receive": "rx", "transmit": "tx"}[way]
        for unit in ("bytes", "packets"):
            yield _Family(
                f"esimmon_network_{way}_{unit}_total",
                "counter",
                f"IP {unit} {words}, as a carrier counts them.",
                [(labels, each[f"{short}_{unit}"]) for labels, each in labelled],
            )


def _plans(document: Mapping[str, Any]) -> Iterator[_Family]:
    plans = [({"plan": each["id"]}, each) for each in document["plans"]]
    for name, key, words in (
        ("used_bytes", "used_bytes", "Bytes used in this cycle."),
        ("limit_bytes", "limit_bytes", "Bytes that may be used in this cycle."),
        ("remaining_bytes", "remaining_bytes", "Bytes left in this cycle."),
        ("overage_bytes", "overage_bytes", "Bytes used beyond the limit."),
        ("uncovered_bytes", "uncovered_bytes", "Bytes that the plan does not cover."),
    ):
        values = [(labels, each.get(key)) for labels, each in plans]
        yield _Family(f"esimmon_plan_{name}", "gauge", words, values)
    for name, key, words in (
        ("cycle_end", "cycle_end", "When this cycle ends."),
        ("validity_end", "validity_end", "When the plan is over."),
    ):
        times = [(labels, _second(each.get(key))) for labels, each in plans]
        yield _Family(f"esimmon_plan_{name}_timestamp_seconds", "gauge", words, times)
    states = [(labels | {"state": each["state"]}, 1.0) for labels, each in plans]
    yield _Family("esimmon_plan_info", "gauge", "What a byte would meet now.", states)


def _alerts(document: Mapping[str, Any]) -> Iterator[_Family]:
    kinds = Counter(str(each.get("kind", "")) for each in document["alerts"])
    values = [({"kind": kind}, float(count)) for kind, count in sorted(kinds.items())]
    yield _Family("esimmon_alerts", "gauge", "Alerts that hold.", values)
    yield _Family(
        "esimmon_status_timestamp_seconds",
        "gauge",
        "When these figures were counted.",
        [({}, _second(document["at"]))],
    )


def _second(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _lines(family: _Family) -> Iterator[str]:
    values = [(labels, value) for labels, value in family.values if value is not None]
    if values:
        yield f"# HELP {family.name} {family.words}\n"
        yield f"# TYPE {family.name} {family.kind}\n"
    for labels, value in values:
        pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{pairs}}} {_number(value)}\n"


def _escaped(text: str) -> str:
    # What is no UTF-8 would make the whole answer unreadable.
    valid = text.encode("utf-8", "backslashreplace").decode()
    return valid.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
