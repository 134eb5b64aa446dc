"""JSON and csv: the contract that scripts rely on, field by field."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from monitor.collectors.desktop_entries import Entry
from monitor.store.queries import Gap
from monitor.usage import Interval, Traffic
from monitor.users import user_name
from monitor.views.as_csv import as_csv
from monitor.views.as_json import as_json
from monitor.views.parts import local_parts
from monitor.views.question import SUBJECTS
from monitor.views.subjects import Part, Records
from tests.unit.views.records import DAY, bill, process, report, share, traffic

if TYPE_CHECKING:
    from monitor.views.report import Report

HOSTILE = "=cmd|' /C calc'!A0\x1b[31m\n," + b"\xff".decode("utf-8", "surrogateescape")
L3 = Traffic(2**60 + 1, 2000, 7, 3)
RECORDS = Records(
    [bill(L3, counter=Traffic(2**60 + 99, 2042, 7, 3))],
    [
        share(HOSTILE, Traffic(2**60, 1000, 5, 1), uid=0),
        share(None, Traffic(0, 500, 0, 1), kind="kernel"),
    ],
    [process(HOSTILE, 4321, Traffic(2**60, 1000, 5, 1))],
)
PLACE = {"interface": "wwan0", "via": None, "network": "if:wwan0"}


def _json(made: Report) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(as_json(made))
    return answer


def _csv(made: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(made))))


def test_a_report_by_application_has_every_field_of_the_contract() -> None:
    gap = Gap(Interval(DAY.from_s, DAY.from_s + 60), clean=False, same_boot=True)
    answer = _json(report(RECORDS, gaps=(gap,)))
    rows = answer.pop("rows")
    nothing = dict.fromkeys(("rx_bytes", "tx_bytes", "rx_packets", "tx_packets"), 0)
    bill_of_all = dict(zip(nothing, L3.numbers, strict=True))
    assert answer == {
        "version": 1,
        "from": "2025-06-11T00:00:00Z",
        "to": "2025-06-12T00:00:00Z",
        "timezone": "UTC",
        "by": "application",
        "plan": None,
        "app": [],
        "l3": "estimated",
        "store": "/data/usage.db",
        "counted_from": "2025-06-11T00:00:00Z",
        "counted_until": "2025-06-12T00:00:00Z",
        "gaps": [
            {
                "from": "2025-06-11T00:00:00Z",
                "to": "2025-06-11T00:01:00Z",
                "clean": False,
                "same_boot": True,
            }
        ],
        "interfaces": [
            {
                "name": "wwan0",
                "rx_bytes": 2**60 + 1,
                "tx_bytes": 2000,
                "rx_packets": 7,
                "tx_packets": 3,
                "rx_counter_bytes": 2**60 + 99,
                "tx_counter_bytes": 2042,
                "coverage_pct": 100.0,
                "estimated_bytes": 2**60 + 2001,
                "rx_local_bytes": 0,
                "tx_local_bytes": 0,
                "is_other_device": False,
            }
        ],
        "top": None,
        "background": False,
        "metered": False,
        "total": bill_of_all,
        "shown": bill_of_all,
        "billed": nothing,
        "this_device": bill_of_all,
        "other_devices": nothing,
        "before": None,
        "slots_from": "1970-01-01T00:00:00Z",
        "hours_from": "1970-01-01T00:00:00Z",
    }
    assert rows[0] == {
        "application": HOSTILE,
        "reason": None,
        "class": "unknown",
        "title": None,
        "icon": None,
        **PLACE,
        "rx_bytes": 2**60,
        "tx_bytes": 1000,
        "rx_packets": 5,
        "tx_packets": 1,
    }
    assert [(row["application"], row["reason"], row["class"]) for row in rows[1:]] == [
        (None, "unattributed", None),
        (None, "kernel", None),
    ]


def test_an_application_with_a_desktop_entry_has_its_title_and_icon() -> None:
    entry = Entry("x", "Firefox", "firefox", no_display=False, autostart=False)
    for by in ("application", "process"):
        made = replace(report(RECORDS, by=by), entries={HOSTILE: entry})
        first, *others = _json(made)["rows"]
        named = first["application"], first["title"], first["icon"]
        assert named == (HOSTILE, "Firefox", "firefox")
        assert {(row["title"], row["icon"]) for row in others} == {(None, None)}


def test_rows_of_classes_have_their_class() -> None:
    seen = share("x", traffic(1000), app_class="interactive")
    hidden = share("x", traffic(3000), app_class="background")
    kernel = share(None, traffic(1000), kind="kernel")
    rest = share("y", traffic(1000), app_class="interactive")
    records = Records([bill(traffic(6000))], [seen, hidden, kernel, rest])
    made = report(records, by="class", top=1)
    assert [
        (row["class"], row["reason"], row["rx_bytes"]) for row in _json(made)["rows"]
    ] == [("background", None, 3000), (None, "others", 2000), (None, "kernel", 1000)]
    assert as_csv(report(records, by="class")).split("\n")[:2] == [
        "class,reason,interface,via,network,rx_bytes,tx_bytes,rx_packets,tx_packets",
        '"background","","wwan0","","if:wwan0",3000,0,3,0',
    ]


def test_rows_of_processes_have_their_process_besides() -> None:
    rows = _json(report(RECORDS, by="process"))["rows"]
    named = {
        "pid": 4321,
        "started_at": "2025-06-10T23:59:00Z",
        "comm": HOSTILE,
        "exe": f"/usr/bin/{HOSTILE}",
        "uid": 1000,
        "first_at": "2025-06-11T00:00:10Z",
        "last_at": "2025-06-11T00:00:20Z",
    }
    assert named.items() <= rows[0].items()
    assert rows[0]["application"] == HOSTILE
    for row in rows[1:]:
        assert {name: row[name] for name in named} == dict.fromkeys(named)


def test_rows_of_users_have_number_and_name() -> None:
    rows = _json(report(RECORDS, by="user"))["rows"]
    assert [(row["uid"], row["user"], row["reason"]) for row in rows] == [
        (0, "root", None),
        (None, None, "unattributed"),
        (None, None, "kernel"),
    ]


def test_rows_of_interfaces_have_their_counter_besides() -> None:
    (row,) = _json(report(RECORDS, by="interface"))["rows"]
    assert row["rx_counter_bytes"] == 2**60 + 99
    assert row["rx_bytes"] == 2**60 + 1


def test_rows_of_hours_have_local_and_utc_times_that_tell_doubled_hours_apart() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    period = Interval(1_761_436_800, 1_761_444_000)  # 2025-10-26T00:00Z, two hours
    parts = [
        Part(hour, [bill(traffic(1000))])
        for hour in local_parts("hour", period, berlin)
    ]
    records = Records([bill(traffic(2000))], parts=parts)
    rows = _json(report(records, by="hour", period=period, zone=berlin))["rows"]
    assert [(row["hour"], row["from"], row["to"]) for row in rows] == [
        ("2025-10-26T02:00+02:00", "2025-10-26T00:00:00Z", "2025-10-26T01:00:00Z"),
        ("2025-10-26T02:00+01:00", "2025-10-26T01:00:00Z", "2025-10-26T02:00:00Z"),
    ]


@pytest.mark.parametrize("by", SUBJECTS)
def test_every_row_of_json_and_csv_has_the_same_fields(by: str) -> None:
    records = Records(
        RECORDS.bills,
        RECORDS.explanation,
        RECORDS.processes,
        [Part(DAY, RECORDS.bills), Part(DAY, [])],
        [Part(DAY, RECORDS.bills, RECORDS.explanation)],
    )
    made = report(records, by=by, top=1)
    rows = _json(made)["rows"]
    assert rows
    assert all(list(row) == list(rows[0]) for row in rows)
    assert len(_csv(made)) == len(rows)
    for as_text, as_number in zip(_csv(made), rows, strict=True):
        assert int(as_text["rx_bytes"]) == as_number["rx_bytes"]
        assert None not in as_text.values()


def test_json_is_ascii_and_gives_back_every_name() -> None:
    text = as_json(report(RECORDS))
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["rows"][0]["application"] == HOSTILE


def test_csv_has_one_header_and_one_line_a_row_whatever_the_names_are() -> None:
    text = as_csv(report(RECORDS))
    assert text.split("\n") == [
        (
            "application,reason,class,interface,via,network,"
            "rx_bytes,tx_bytes,rx_packets,tx_packets"
        ),
        (
            '"=cmd|\' /C calc\'!A0\\x1b[31m\\n,\\xff","","unknown",'
            '"wwan0","","if:wwan0",1152921504606846976,1000,5,1'
        ),
        '"","unattributed","","wwan0","","if:wwan0",1,500,2,1',
        '"","kernel","","wwan0","","if:wwan0",0,500,0,1',
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-bash", "@reboot", 'a"b', "a,b"])
def test_csv_keeps_a_name_that_looks_like_a_formula_but_quotes_it(name: str) -> None:
    records = Records([bill(traffic(1000))], [share(name, traffic(1000))])
    assert _csv(report(records))[0]["application"] == name
    assert as_csv(report(records)).split("\n")[1].startswith('"')


@pytest.mark.parametrize(
    ("by", "written"),
    [
        ("5min", "2025-06-11T02:00+02:00"),
        ("hour", "2025-06-11T02:00+02:00"),
        ("day", "2025-06-11"),
        ("week", "2025-W24"),
        ("month", "2025-06"),
        ("year", "2025"),
    ],
)
def test_parts_of_a_period_are_named_by_the_local_calendar(
    by: str, written: str
) -> None:
    records = Records(RECORDS.bills, parts=[Part(DAY, RECORDS.bills)])
    (row,) = _json(report(records, by=by, zone=ZoneInfo("Europe/Berlin")))["rows"]
    assert row[by] == written
    assert (row["from"], row["to"]) == ("2025-06-11T00:00:00Z", "2025-06-12T00:00:00Z")


def test_csv_without_rows_is_its_header() -> None:
    assert as_csv(report(Records([]), by="day")) == (
        "day,from,to,interface,via,network,rx_bytes,tx_bytes,rx_packets,tx_packets,"
        "host,plan,start_utc,zero_rated_bytes,uncovered_bytes,coverage_pct"
    )


def test_csv_of_interfaces_has_counters_and_coverage() -> None:
    (row,) = _csv(report(RECORDS, by="interface"))
    assert row["rx_counter_bytes"] == str(2**60 + 99)
    assert row["coverage_pct"] == "100.0"


def test_an_empty_bill_has_no_coverage() -> None:
    records = Records([bill(traffic(0))])
    assert _json(report(records))["interfaces"][0]["coverage_pct"] is None
    assert _csv(report(records, by="interface"))[0]["coverage_pct"] == ""


def test_a_user_without_a_name_is_a_number() -> None:
    assert [user_name(uid) for uid in (0, 4_000_000_000, -1, 2**40)] == [
        "root",
        "4000000000",
        "-1",
        "1099511627776",
    ]
