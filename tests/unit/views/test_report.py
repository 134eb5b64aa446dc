"""The rows of every report add up to the bill, whatever the explanation says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.usage import Interval, Traffic, total
from monitor.views.parts import local_parts
from monitor.views.question import SUBJECTS
from monitor.views.subjects import Part, Records
from monitor.views.totals import coverage_permille
from tests.unit.views.records import (
    DAY,
    UTC_ZONE,
    bill,
    process,
    report,
    share,
    traffic,
)

if TYPE_CHECKING:
    from monitor.views.rows import Row


def _found(rows: tuple[Row, ...]) -> dict[tuple[str | None, str | None], Traffic]:
    return {(row.application, row.reason): row.traffic for row in rows}


def test_what_nobody_claims_is_unattributed() -> None:
    records = Records(
        [bill(traffic(10_000, 2000))],
        [
            share("firefox", traffic(7000, 1500)),
            share(None, traffic(500), kind="kernel"),
        ],
    )
    assert _found(report(records).rows) == {
        ("firefox", None): traffic(7000, 1500),
        (None, "kernel"): Traffic(500, 0, 0, 0),
        (None, "unattributed"): Traffic(2500, 500, 3, 1),
    }


def test_an_explanation_beyond_the_bill_is_taken_back_by_direction() -> None:
    records = Records(
        [bill(traffic(10_000, 2000))], [share("apt", traffic(11_000, 500))]
    )
    found = _found(report(records).rows)
    assert found[None, "unattributed"] == Traffic(0, 1500, 0, 2)
    assert found[None, "over-explained"] == Traffic(-1000, 0, -1, 0)
    assert total(found.values()) == traffic(10_000, 2000)


def test_a_full_explanation_leaves_no_row_over() -> None:
    records = Records([bill(traffic(5000))], [share("apt", traffic(5000))])
    (row,) = report(records).rows
    assert row.application == "apt"


def test_an_explanation_without_a_bill_is_over_explained() -> None:
    found = _found(report(Records([], [share("apt", traffic(5000))])).rows)
    assert found[None, "over-explained"] == Traffic(-5000, 0, -5, 0)


def test_two_attachments_of_one_network_are_one_bill() -> None:
    half = traffic(5000)
    made = report(Records([bill(half), bill(half)], [share("apt", traffic(10_000))]))
    assert [row.application for row in made.rows] == ["apt"]
    assert made.interfaces[0].bill.l3 == traffic(10_000)


@pytest.mark.parametrize(
    ("bill_bytes", "unattributed_bytes", "permille"),
    [
        (1000, 0, 1000),
        (1000, 13, 987),
        (2000, 1, 1000),
        (2000, 3, 999),
        (10_000, 5, 1000),
        (10_000, 6, 999),
        (1000, 1000, 0),
        (1000, -500, 1000),
        (0, 0, None),
    ],
)
def test_coverage_is_rounded_half_up_and_at_most_everything(
    bill_bytes: int, unattributed_bytes: int, permille: int | None
) -> None:
    assert coverage_permille(bill_bytes, unattributed_bytes) == permille


def test_coverage_counts_both_directions_and_every_reason_but_unattributed() -> None:
    records = Records(
        [bill(traffic(6000, 4000))],
        [
            share("apt", traffic(3000, 3000)),
            share(None, traffic(1000), kind="kernel"),
            share(None, traffic(500), kind="gap"),
        ],
    )
    assert report(records).interfaces[0].coverage_permille == 750


def test_an_over_explained_direction_does_not_hide_what_the_other_lacks() -> None:
    records = Records([bill(traffic(5000, 5000))], [share("apt", traffic(9000, 4000))])
    assert report(records).coverage_permille == 900


def test_users_have_their_rows_and_reasons_stay() -> None:
    records = Records(
        [bill(traffic(9000))],
        [
            share("a", traffic(4000), uid=1000),
            share("b", traffic(2000), uid=1000),
            share("a", traffic(1000), uid=0),
            share(None, traffic(1000), kind="forwarded"),
        ],
    )
    rows = report(records, by="user").rows
    assert [(row.uid, row.reason, row.traffic.rx_bytes) for row in rows] == [
        (1000, None, 6000),
        (0, None, 1000),
        (None, "forwarded", 1000),
        (None, "unattributed", 1000),
    ]


def test_processes_beyond_those_kept_are_a_row_of_their_application() -> None:
    records = Records(
        [bill(traffic(10_000))],
        [share("firefox", traffic(8000)), share(None, traffic(1000), kind="kernel")],
        [
            process("firefox", 7, traffic(5000)),
            process("firefox", 8, traffic(1000)),
            process("firefox", 0, traffic(900)),
        ],
    )
    rows = report(records, by="process").rows
    shown = [
        (row.process.pid if row.process else None, row.application, row.reason)
        for row in rows
    ]
    assert shown == [
        (7, "firefox", None),
        (None, "firefox", "other-processes"),
        (8, "firefox", None),
        (None, None, "kernel"),
        (None, None, "unattributed"),
    ]
    assert total(row.traffic for row in rows) == traffic(10_000)


def test_processes_cut_too_large_at_the_edge_of_a_period_are_corrected() -> None:
    records = Records(
        [bill(traffic(4000))],
        [share("apt", traffic(4000))],
        [process("apt", 7, traffic(4500)), process("curl", 9, traffic(300))],
    )
    rows = report(records, by="process").rows
    corrections = {
        row.application: row.traffic.rx_bytes for row in rows if not row.process
    }
    assert corrections == {"apt": -500, "curl": -300}


def test_interfaces_show_the_counter_beside_the_bill() -> None:
    records = Records([bill(traffic(9000), counter=traffic(9500))])
    (row,) = report(records, by="interface").rows
    assert (row.traffic, row.counter) == (traffic(9000), traffic(9500))


def test_hours_without_traffic_are_listed_too() -> None:
    hours = list(
        local_parts("hour", Interval(DAY.from_s, DAY.from_s + 3 * 3600), UTC_ZONE)
    )
    first, second = bill(traffic(1000)), bill(traffic(500), "eth0")
    parts = [Part(hours[0], [first]), Part(hours[1], []), Part(hours[2], [second])]
    made = report(Records([first, second], parts=parts), by="hour")
    by_hour = [
        (row.interval, row.place.interface, row.traffic.rx_bytes) for row in made.rows
    ]
    assert by_hour == [
        (hours[0], "wwan0", 1000),
        (hours[0], "eth0", 0),
        (hours[1], "wwan0", 0),
        (hours[1], "eth0", 0),
        (hours[2], "wwan0", 0),
        (hours[2], "eth0", 500),
    ]


def test_the_largest_are_kept_and_the_others_folded_by_interface() -> None:
    records = Records(
        [bill(traffic(20_000)), bill(traffic(7000), "eth0")],
        [
            share("a", traffic(9000)),
            share("b", traffic(5000)),
            share("c", traffic(3000)),
            share("c", traffic(4000), name="eth0"),
            share("d", traffic(1000), name="eth0"),
            share("d", traffic(1000)),
        ],
    )
    rows = report(records, top=2).rows
    assert [(row.application, row.reason, row.place.interface) for row in rows] == [
        ("a", None, "wwan0"),
        (None, "others", "wwan0"),
        ("c", None, "eth0"),
        ("c", None, "wwan0"),
        (None, "unattributed", "eth0"),
        (None, "unattributed", "wwan0"),
        (None, "others", "eth0"),
    ]
    others = [row for row in rows if row.reason == "others"]
    assert [row.folded for row in others] == [2, 2]
    assert total(row.traffic for row in rows) == total([traffic(20_000), traffic(7000)])


WAYS = Records(
    [bill(traffic(20_000))],
    [
        share("firefox", traffic(9000)),
        share("firefox", traffic(4000), kind="tunnel", via="tun0"),
        share("openvpn", traffic(1000), kind="tunnel_overhead", via="tun0"),
        share("docker:ab", traffic(2000), kind="forwarded", via="docker0", uid=0),
        share(None, traffic(3000), kind="forwarded", via="docker0"),
    ],
    [process("firefox", 7, traffic(13_000)), process("docker:ab", 9, traffic(2000))],
)


def test_bytes_that_took_another_way_are_rows_of_their_program() -> None:
    """With the way they took: a script that adds up a name has all of its bytes."""
    rows = report(WAYS).rows
    assert [
        (row.application, row.reason, row.via, row.traffic.rx_bytes) for row in rows
    ] == [
        ("firefox", None, None, 9000),
        ("firefox", "tunnel", "tun0", 4000),
        (None, "forwarded", "docker0", 3000),
        ("docker:ab", "forwarded", "docker0", 2000),
        ("openvpn", "tunnel_overhead", "tun0", 1000),
        (None, "unattributed", None, 1000),
    ]
    assert report(WAYS).coverage_permille == 950


def test_processes_and_users_have_the_bytes_of_every_way() -> None:
    by_process = {
        (row.process.pid if row.process else row.reason): row.traffic.rx_bytes
        for row in report(WAYS, by="process").rows
    }
    assert by_process == {
        7: 13_000,
        9: 2000,
        "forwarded": 3000,
        "tunnel_overhead": 1000,
        "unattributed": 1000,
    }
    by_user = {
        (row.uid, row.reason): row.traffic.rx_bytes
        for row in report(WAYS, by="user").rows
    }
    assert by_user == {
        (1000, None): 13_000,
        (0, None): 2000,
        (None, "forwarded"): 3000,
        (None, "tunnel_overhead"): 1000,
        (None, "unattributed"): 1000,
    }


def test_the_ways_of_a_program_are_one_subject_when_the_smallest_are_folded() -> None:
    rows = report(WAYS, top=1).rows
    assert {row.application for row in rows} == {"firefox", "openvpn", None}
    folded = [row.traffic.rx_bytes for row in rows if row.reason == "others"]
    assert folded == [2000]


AMOUNTS = st.builds(
    Traffic, *[st.integers(min_value=-(10**6), max_value=10**12) for _ in range(4)]
)
NAMES = st.sampled_from(["wwan0", "eth0", "usb0"])
BILLS = st.lists(st.builds(bill, AMOUNTS.map(Traffic.clamped), NAMES), max_size=4)
SHARES = st.lists(
    st.builds(
        share,
        st.sampled_from(["a", "b", None]),
        AMOUNTS,
        kind=st.sampled_from(
            ["socket", "tunnel", "forwarded", "tunnel_overhead", "kernel", "gap"]
        ),
        via=st.sampled_from(["", "tun0", "docker0"]),
        name=NAMES,
        uid=st.sampled_from([0, 1000]),
    ),
    max_size=8,
)
PROCESSES = st.lists(
    st.builds(
        process,
        st.sampled_from(["a", "b", "c"]),
        st.integers(min_value=0, max_value=3),
        AMOUNTS,
        name=NAMES,
    ),
    max_size=8,
)


@given(
    BILLS,
    SHARES,
    PROCESSES,
    st.sampled_from(SUBJECTS),
    st.none() | st.integers(min_value=1, max_value=3),
)
def test_the_rows_of_each_interface_add_up_to_its_bill(
    bills: list[object],
    shares: list[object],
    processes: list[object],
    by: str,
    top: int,
) -> None:
    parts = [Part(DAY, bills, shares)]  # type: ignore[arg-type]  # built above
    records = Records(bills, shares, processes, parts, parts)  # type: ignore[arg-type]  # built above
    made = report(records, by=by, top=top)
    for interface in made.interfaces:
        rows = [row for row in made.rows if row.place.interface == interface.name]
        assert total(row.traffic for row in rows) == interface.bill.l3
        permille = interface.coverage_permille
        assert permille is None or 0 <= permille <= 1000
    assert total(row.traffic for row in made.rows) == made.total.l3
    names = {interface.name for interface in made.interfaces}
    assert {row.place.interface for row in made.rows} <= names
