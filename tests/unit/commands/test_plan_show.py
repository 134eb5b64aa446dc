"""`esimmon plan show`: all there is to know of a plan, for people and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from monitor.store.agreed import ClosedCycle, close_cycles
from monitor.store.engine import open_store
from tests.unit.commands.plan_stores import GB, MB, Moved, Prompt, make_store

if TYPE_CHECKING:
    from pathlib import Path

PHONE = {
    "plan": {
        "id": "phone",
        "cycle": {"kind": "month", "billing_day": 1},
        "buckets": [
            {"id": "main", "bytes": 6 * GB},
            {"id": "radio", "zero_rated": True, "scope": {"apps": ["radio*"]}},
        ],
        "overage": [
            {"behavior": "bill", "block_bytes": GB, "price": "10", "tax_pct": "5"}
        ],
        "caps": [
            {
                "id": "hotspot",
                "bytes": 5 * GB,
                "scope": {"tethered": True},
                "behavior": "throttle",
            }
        ],
        "line": {"iccid": "8992011234567890123"},
    },
    "patterns": ["usb*"],
}


@pytest.fixture
def prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prompt:
    """A developer tethered to a phone, who used 1 GB in May and 8.1 GB in June."""
    used = [
        Moved("2025-05-20T10:00Z", GB, "usb0", "apt"),
        Moved("2025-06-20T10:00Z", 8 * GB, "usb0", "apt"),
        Moved("2025-06-24T10:00Z", 100 * MB, "usb0", "firefox"),
        Moved("2025-06-24T11:00Z", 70 * MB, "usb0", "radio1"),
    ]
    store = make_store(tmp_path / "usage.db", [PHONE], used)
    made = Prompt(store, monkeypatch, capsys)
    made.is_at("2025-06-24T18:03Z", "UTC")
    return made


def shown(prompt: Prompt) -> dict[str, str]:
    """What is shown, by label, each on one line."""
    found: dict[str, str] = {}
    label = ""
    for line in prompt.plan("show", "phone").splitlines()[1:]:
        label = line[2:14].strip() or label
        found[label] = f"{found.get(label, '')} {line[14:].strip()}".strip()
    return found


def test_beyond_the_limit_every_figure_of_the_bill_is_there(prompt: Prompt) -> None:
    parts = shown(prompt)
    assert parts["overage"] == (
        "2.10 GB = 3 blocks of 1.00 GB x 10 + 5 % tax = 31.50. Next block begins in "
        "900 MB."
    )
    assert prompt.plan("show", "phone").startswith(
        "phone  overage, left 0 B of 6.00 GB (100.0 % used)"
    )


def test_each_part_of_a_plan_has_its_line(prompt: Prompt) -> None:
    parts = shown(prompt)
    assert parts["line"] == "8992…0123"
    assert parts["pays for"] == "SIM 8992…0123 usb*"
    assert "main 6.00 GB each month" in parts["terms"]
    assert "radio free of charge, only for radio*" in parts["terms"]
    assert "begins anew on the 1st" in parts["terms"]
    assert "after it it costs: 10 for each 1.00 GB begun + 5 % tax" in parts["terms"]
    assert "main 0 B left, until 1 Jul" in parts["lots"]
    assert parts["besides"] == "70.0 MB free of charge"
    assert parts["valid"] == "resets 1 Jul"
    assert parts["budget"] == "0 B a day; today 100 MB: 100 MB over"
    assert parts["history"].startswith("1 May - 1 Jun")


def test_the_same_for_programs_with_exact_numbers(prompt: Prompt) -> None:
    found = prompt.json("show", "phone")
    assert found["version"] == 1
    assert found["used_bytes"] == 8 * GB + 100 * MB
    assert found["overage_cost"] == "31.50"
    assert found["cycle_end"] == "2025-07-01T00:00:00Z"
    assert found["iccids"] == ["8992…0123"]
    assert found["terms"]["plan"]["line"] == {"iccid": "8992…0123"}
    assert found["forecast"]["projected_bytes"] > 8 * GB
    assert {lot["id"]: lot["main"] for lot in found["grants"]}["main"] is True


@pytest.mark.parametrize("width", ["40", "200"])
def test_no_line_is_wider_than_the_terminal(
    prompt: Prompt, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    lines = prompt.plan("show", "phone").splitlines()
    assert max(map(len, lines)) <= int(width)


def test_before_the_first_byte_there_is_a_plan_to_show(
    prompt: Prompt, tmp_path: Path
) -> None:
    prompt.store = make_store(tmp_path / "new.db", [PHONE])
    assert "left 6.00 GB of 6.00 GB" in prompt.plan("show", "phone")


def test_a_plan_that_waits_for_its_activation_says_until_when(
    prompt: Prompt, tmp_path: Path
) -> None:
    waiting = {
        "plan": {
            "id": "soon",
            "buckets": [{"id": "main", "bytes": GB}],
            "validity": {
                "kind": "elapsed",
                "days": 30,
                "starts_on": "first_use",
                "activate_by": "2025-07-31T00:00:00Z",
            },
        }
    }
    prompt.store = make_store(tmp_path / "soon.db", [waiting])
    said = prompt.plan("show", "soon")
    assert said.startswith("soon  pending")
    assert "to be activated before 31 Jul 00:00 UTC" in said
    assert prompt.json("show", "soon")["state"] == "pending"


def test_what_is_slow_bound_for_a_time_and_shared_is_shown(
    prompt: Prompt, tmp_path: Path
) -> None:
    slow = {
        "plan": {
            "id": "phone",
            "buckets": [{"id": "main", "bytes": GB}],
            "cycle": {"kind": "week"},
            "overage": [{"behavior": "throttle", "kbps": 128}],
            "caps": [{"id": "hotspot", "bytes": GB, "behavior": "throttle"}],
            "zones": {"included": ["410"]},
        },
        "patterns": [],
        "binds": [
            {"iface": "usb0", "plan": "phone", "from": "2025-06-01T00:00:00Z"},
            {
                "iface": "wwan0",
                "plan": "phone",
                "from": "2025-06-01T00:00:00Z",
                "to": "2025-06-09T00:00:00Z",
            },
        ],
        "members": [{"id": "amina", "allocation_bytes": GB}],
    }
    used = [Moved("2025-06-24T10:00Z", 3 * GB, "usb0")]
    prompt.store = make_store(tmp_path / "slow.db", [slow], used)
    prompt.plan("topup", "phone", "1GB", "--on-depletion", "--at", "2025-06-23")
    parts = shown(prompt)
    assert parts["besides"].endswith("slowed down to 128 kbit/s")
    assert parts["pays for"] == (
        "usb0 from 1 Jun 00:00 UTC wwan0 from 1 Jun 00:00 UTC until 9 Jun 00:00 UTC"
    )
    assert parts["caps"] == "hotspot cap 1.00 GB: 3.00 GB used. Reached: it is slow."
    assert parts["members"].startswith("amina used 0 B of 1.00 GB, may use")
    assert parts["overage"] == "1.00 GB"


def test_closed_cycles_are_part_of_the_history(prompt: Prompt) -> None:
    begin_s = 1_735_689_600  # 2025-01-01
    cycles = [
        ClosedCycle(
            "phone",
            begin_s + month * 2_592_000,
            begin_s + (month + 1) * 2_592_000,
            GB,
            "",
        )
        for month in range(-12, 0)
    ]
    with open_store(prompt.store, writable=True) as store:
        close_cycles(store, cycles)
    assert "and 1 before (all of them: --json)" in shown(prompt)["history"]
    assert len(prompt.json("show", "phone")["history"]) == 13
