"""The networks as text, JSON and csv, made of values."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.networks.facts import Present, network_facts, present
from monitor.networks.uplink import Network
from monitor.store.answers import InterfaceBill
from monitor.store.networks import Met
from monitor.usage import Attachment, Interval, Traffic
from monitor.views.networks import Asked, NetworkRow, Overview, network_rows
from monitor.views.networks_as_data import networks_as_csv, networks_as_json
from monitor.views.networks_as_text import networks_as_text
from monitor.views.table import Layout
from tests.networking import CABLE, ESIM, ICCID, TETHER, attachment, wifi
from tests.unit.views.records import DAY, UTC_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

NOON_S = DAY.from_s + 12 * 3600
PHONE = wifi(b"Anna's iPhone", is_phone=True)
SEEN = Interval(DAY.from_s - 86_400, NOON_S)
(HERE,) = present(
    {
        "networks": network_facts(
            [attachment(ESIM, "wwan0")], {"wwan0": ESIM}, {}, lambda _: "pk"
        )
    }
)


def plan_of(where: Attachment) -> str | None:
    """Only cables are paid for without a daemon."""
    return "home" if where.device.startswith("eth") else None


def asked(here: Sequence[Present] | None = None, *, has_plans: bool = True) -> Asked:
    """Everything, on this day."""
    return Asked(
        since_s=0,
        today=DAY,
        zone=UTC_ZONE,
        present=here,
        plan_of=plan_of,
        has_plans=has_plans,
    )


def bill(network: Network, device: str, rx: int, *, billed: bool = True) -> Any:  # noqa: ANN401 - a row
    """Bytes of today."""
    amount = Traffic(rx, rx // 10, 1, 1)
    return InterfaceBill(Attachment(network.key, device, billed), amount, amount)


def was(network: Network, device: str, seen: Interval | None = SEEN) -> Met:
    """A network that was on a device."""
    return Met(network, "", attachment(network, device), seen)


MET = [
    was(ESIM, "wwan0"),
    was(PHONE, "wlan0", Interval(SEEN.from_s, NOON_S - 60)),
    was(CABLE, "eth0", Interval(SEEN.from_s, SEEN.from_s + 60)),
    was(wifi(b"cave", 9), "wlan0", None),
    Met(TETHER),
]
BILLS = [
    bill(ESIM, "wwan0", 3_000_000),
    bill(ESIM, "wwan1", 500_000),
    bill(PHONE, "wlan0", 7_000),
    bill(replace(PHONE, key=PHONE.key + "/local"), "wlan0", 10**9, billed=False),
]


def overview(rows: Sequence[NetworkRow], asking: Asked, **more: Any) -> Overview:  # noqa: ANN401 - its fields
    """What a store would have given."""
    return Overview(
        asked=asking,
        rows=tuple(rows),
        store=Path("/data/usage.db"),
        **{"recorded": SEEN, "last_s": NOON_S, **more},
    )


def text(asking: Asked, met: Sequence[Met] = tuple(MET), **more: Any) -> list[str]:  # noqa: ANN401 - its fields
    """The lines for a person."""
    rows = network_rows(met, BILLS, asking)
    layout = Layout(width=more.pop("width", 100))
    is_long = more.pop("is_long", False)
    shown = overview(rows, asking, **more)
    return networks_as_text(shown, layout, is_long=is_long).split("\n")


def test_what_is_attached_comes_first_then_what_was_seen_last() -> None:
    rows = network_rows(MET, BILLS, asked([replace(HERE, key=CABLE.key)]))
    assert [(row.network.key, row.is_attached) for row in rows] == [
        (CABLE.key, True),
        (ESIM.key, False),
        (PHONE.key, False),
        (wifi(b"", 9).key, False),
    ]


def test_bytes_of_today_are_those_of_the_bill_on_all_interfaces() -> None:
    rows = {row.network.key: row for row in network_rows(MET, BILLS, asked())}
    assert {name: each.rx_bytes for name, each in rows[ESIM.key].today.items()} == {
        "wwan0": 3_000_000,
        "wwan1": 500_000,
    }
    assert rows[ESIM.key].total.bytes == 3_850_000
    assert rows[PHONE.key].total.bytes == 7_700
    assert rows[CABLE.key].total == Traffic()


def test_what_the_daemon_says_goes_before_what_was_stored() -> None:
    now = replace(HERE, device="wwan7", roaming=False, operator_name="PTCL")
    (row, *_) = network_rows(MET, BILLS, asked([now]))
    assert (row.interface, row.plan, row.is_attached) == ("wwan7", "pk", True)
    assert row.network == replace(ESIM, roaming=False, operator_name="PTCL")


def test_what_was_just_attached_need_not_be_in_the_store() -> None:
    new = Present("if:eth9", "eth9")
    (row, *_) = network_rows(MET, BILLS, asked([new]))
    assert (row.network, row.interface, row.seen) == (Network("if:eth9"), "eth9", None)
    assert "interface eth9" in text(asked([new]))[1]


def test_a_network_without_a_byte_is_shown_only_when_it_is_here_or_has_a_name() -> None:
    def keys(asking: Asked, label: str = "") -> set[str]:
        return {
            row.network.key for row in network_rows([Met(TETHER, label)], [], asking)
        }

    assert keys(asked()) == set()
    assert keys(asked([Present(TETHER.key, "usb0", "usb")])) == {TETHER.key}
    assert keys(asked(), "Anna") == {TETHER.key}


def test_the_persons_word_on_an_interface_is_said_to_be_theirs() -> None:
    where = replace(attachment(ESIM, "wwan0"), metered=False)
    (row,) = network_rows([Met(ESIM, "", where, SEEN)], [], asked())
    assert (row.network.metered, row.network.metered_by) == (False, "config")


TABLE = """\
network            interface  seen    metered      roaming      plan       today
eSIM …4321 Airalo  wwan0      now     yes, a SIM   in 410 Jazz  pk       3.85 MB
Wi-Fi "Anna's iP…  wlan0      11:59   yes, iPhone               NO PLAN  7.70 kB
Ethernet Wired c…  eth0       10 Jun  no, a guess               home         0 B
Wi-Fi "cave"       wlan0      -       no, a guess               -            0 B

Wi-Fi "Anna's iPhone" is metered, and no plan pays for it. Say which does:
  esimmon plan bind PLAN wifi:00000001-3e0e-4d4b-9c0b-0d5a4f8a7c11
store /data/usage.db, counted until 11 Jun 2025 12:00:00"""


def test_a_table_and_below_it_what_to_do() -> None:
    assert "\n".join(text(asked([HERE]), width=80)) == TABLE


def test_roaming_has_a_column_only_where_somebody_roams() -> None:
    (header, *_) = text(asked())
    assert "roaming" in header
    (header, *_) = text(asked(), MET[1:])
    assert "roaming" not in header


def test_without_a_daemon_nothing_is_attached_and_it_is_said_since_when() -> None:
    lines = text(asked())
    assert "now" not in [line.split()[-5] for line in lines[1:4]]
    assert any(
        line.startswith("As of 12:00, when esimmon last ran: what is") for line in lines
    )
    assert not any(line.startswith("As of") for line in text(asked([])))
    yesterday = text(asked(), last_s=NOON_S - 86_400)
    assert any(line.startswith("As of 10 Jun 12:00, when") for line in yesterday)


def test_a_metered_network_without_a_plan_is_marked_with_what_to_type() -> None:
    lines = text(asked())
    (marked,) = [line for line in lines if "iPhone" in line and "NO PLAN" in line]
    assert marked.startswith('Wi-Fi "Anna\'s iPhone" ')
    whole = " ".join(" ".join(lines).split())
    assert "is metered, and no plan pays for it. Say which does: esimmon plan" in whole
    many = [was(wifi(b"%d" % n, n, is_phone=True), f"wlan{n}") for n in range(5)]
    whole = " ".join(" ".join(text(asked(), many)).split())
    assert whole.count("Say which does") == 3
    assert "2 more are metered without a plan, see above." in whole
    whole = " ".join(" ".join(text(asked(has_plans=False))).split())
    assert "nothing is known of what you bought. Write it down with:" in whole


def test_an_empty_list_says_what_to_do() -> None:
    never = text(asked(), [], recorded=None, last_s=None)
    assert never == [
        "No network was seen yet. Start counting with: esimmon run",
        "store /data/usage.db",
    ]
    assert "doctor" in " ".join(text(asked([]), []))
    assert text(asked(), [], older=2)[0].endswith("esimmon networks --all")
    assert "1 more was seen before: esimmon networks --all" in text(asked(), older=1)
    assert "3 more were seen before: esimmon networks --all" in text(asked(), older=3)


def test_an_iccid_is_short_in_the_table_and_whole_where_that_is_asked_for() -> None:
    assert ICCID not in " ".join(text(asked([HERE])))
    found = " ".join(" ".join(text(asked([HERE]), is_long=True)).split())
    for word in (ESIM.key, f"EID {ESIM.eid}", "operator 410 Jazz", PHONE.key):
        assert word in found
    assert "metered yes, because it is an iPhone's hotspot" in found
    assert "first seen 10 Jun 2025 00:00; last 11 Jun 2025 12:00" in found
    label = [Met(PHONE, "Phone", attachment(PHONE, "wlan0"), SEEN)]
    found = " ".join(" ".join(text(asked(), label, is_long=True)).split())
    assert 'is Wi-Fi "Anna\'s iPhone"' in found


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("is_long", [False, True])
def test_hostile_names_neither_break_the_table_nor_reach_the_terminal(
    width: int, *, is_long: bool
) -> None:
    ssid = b"\x1b]0;own\x07\n\xff" + "\u202e".encode()
    bad = ssid.decode("utf-8", "surrogateescape")
    evil = replace(
        ESIM, name=bad, operator_name=bad, mcc=bad, metered_by=bad, tether=bad
    )
    met = [
        was(wifi(ssid, is_phone=True), bad),
        was(replace(evil, key=f"sim:{bad}", iccid=bad, eid=bad), bad),
        was(wifi(b"\0" * 32, 2), "wlan0"),
    ]
    lines = text(asked(), met, width=width, is_long=is_long)
    assert all(line.isprintable() for line in lines)
    if not is_long:
        assert len([line for line in lines if "NO PLAN" in line]) == 2
        assert max(map(len, lines)) <= width
    if width == 200:
        assert any("\\xff\\u202e" in line for line in lines)


def data(here: Sequence[Present] | None = None) -> dict[str, Any]:
    """The same for programs."""
    asking = asked(here)
    shown = overview(network_rows(MET, BILLS, asking), asking)
    written = networks_as_json(shown)
    assert written.isascii()
    found: dict[str, Any] = json.loads(written)
    return found


def test_json_has_these_names_and_they_stay() -> None:
    found = data([HERE])
    assert {name: found[name] for name in found if name != "networks"} == {
        "version": 1,
        "store": "/data/usage.db",
        "timezone": "UTC",
        "running": True,
        "last_run": "2025-06-11T12:00:00Z",
        "today_from": "2025-06-11T00:00:00Z",
        "today_to": "2025-06-12T00:00:00Z",
    }
    assert found["networks"][0] == {
        "key": ESIM.key,
        "kind": "sim",
        "name": "Airalo",
        "label": None,
        "ssid": None,
        "ssid_hex": None,
        "uuid": None,
        "iccid": ICCID,
        "eid": ESIM.eid,
        "tether": None,
        "metered": True,
        "metered_by": "modem",
        "roaming": True,
        "mcc": "410",
        "operator_code": "41001",
        "operator_name": "Jazz",
        "interface": "wwan0",
        "attached": True,
        "plan": "pk",
        "first_seen": "2025-06-10T00:00:00Z",
        "last_seen": "2025-06-11T12:00:00Z",
        "today": {
            "rx_bytes": 3_500_000,
            "tx_bytes": 350_000,
            "rx_packets": 2,
            "tx_packets": 2,
            "interfaces": [
                {
                    "name": "wwan0",
                    "rx_bytes": 3_000_000,
                    "tx_bytes": 300_000,
                    "rx_packets": 1,
                    "tx_packets": 1,
                },
                {
                    "name": "wwan1",
                    "rx_bytes": 500_000,
                    "tx_bytes": 50_000,
                    "rx_packets": 1,
                    "tx_packets": 1,
                },
            ],
        },
    }
    assert data()["running"] is False
    assert not any(each["attached"] for each in data()["networks"])


@pytest.mark.parametrize(
    ("ssid", "text_of"),
    [(b"caf\xc3\xa9", "caf\u00e9"), (b"caf\xe9", None), (b"", None)],
)
def test_an_ssid_is_text_where_it_is_and_always_bytes(
    ssid: bytes, text_of: str | None
) -> None:
    asking = asked()
    rows = network_rows([was(wifi(ssid), "wlan0")], [], asking)
    (found,) = json.loads(networks_as_json(overview(rows, asking)))["networks"]
    assert (found["ssid"], found["ssid_hex"]) == (text_of, ssid.hex() or None)


def test_csv_has_the_same_in_columns() -> None:
    asking = asked([HERE])
    shown = overview(network_rows(MET, BILLS, asking), asking)
    first, second, *_ = csv.DictReader(io.StringIO(networks_as_csv(shown)))
    flat = data([HERE])["networks"][0]
    today = flat.pop("today")
    assert set(first) == {*flat, *(f"today_{name}" for name in today)} - {
        "today_interfaces"
    }
    assert (first["key"], first["metered"], first["label"]) == (ESIM.key, "true", "")
    assert (first["today_rx_bytes"], first["attached"]) == ("3500000", "true")
    assert (second["ssid"], second["attached"]) == ("Anna's iPhone", "false")
