"""Counters, clocks and sizes of a case file go by the daemon's own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.rehearsing import rehearse
from monitor.counters import device_usage
from monitor.devices import DeviceCounters
from monitor.plans.answers import answer
from monitor.plans.machine import instant
from monitor.plans.refusals import RefusedError
from monitor.usage import Traffic

if TYPE_CHECKING:
    from monitor.plans.asks import AskAlerts
    from monitor.plans.cases import Scene

U40 = st.integers(min_value=0, max_value=2**40)


@given(st.lists(st.tuples(st.integers(1, 3), U40, U40), max_size=12))
def test_rows_of_one_boot_are_subtracted_as_the_daemon_subtracts_devices(
    rows: list[tuple[int, int, int]],
) -> None:
    case: dict[str, Any] = {
        "id": "x",
        "ask": {"what": "counters"},
        "counters": [
            ["2025-06-05T10:00:00Z", f"wwan{n}", rx, tx, {"boot_id": "b", "ifindex": n}]
            for n, rx, tx in rows
        ],
    }
    known: dict[int, DeviceCounters] = {}
    expected = []
    for number, rx, tx in rows:
        device = DeviceCounters(f"wwan{number}", number, Traffic(rx, tx))
        [usage] = device_usage(known, [device], baseline=True)
        known[number] = device
        expected.append(
            [
                "2025-06-05T10:00:00Z",
                device.name,
                usage.traffic.rx_bytes,
                usage.traffic.tx_bytes,
                usage.outcome.value,
            ]
        )
    assert answer(case, rehearse) == {"deltas": expected}


def test_alerts_are_answered_by_who_judges_them() -> None:
    def told(scene: Scene, ask: AskAlerts) -> list[tuple[int, str, str]]:
        return [(tick, "data.limit", scene.plan.id) for tick in ask.ticks]

    ask = {"what": "alerts", "ticks": ["2025-06-05T10:00:00Z"]}
    case = {"id": "x", "config": {"plan": {"id": "p"}}, "ask": ask}
    found = answer(case, told)
    assert found == {"alerts": [["2025-06-05T10:00:00Z", "data.limit", "p"]]}
    with pytest.raises(RefusedError, match="not answered by this version"):
        answer(case)


def test_an_instant_of_any_year_is_written() -> None:
    assert instant(None) is None
    assert instant(0) == "1970-01-01T00:00:00Z"
    assert instant(-1) == "1969-12-31T23:59:59Z"
    assert instant(253_402_300_799) == "9999-12-31T23:59:59Z"
    with pytest.raises(RefusedError, match="after the year 9999"):
        instant(253_402_300_800)
