"""Top-ups that wait until the main lots are empty."""

from __future__ import annotations

from typing import Any

from tests.unit.plans.asking import ask

PACK = {
    "cycle": {"kind": "whole"},
    "validity": {"kind": "elapsed", "days": 30},
    "activated_at": "05-01",
}


def waits(name: str, amount: int = 100, ts: str = "05-02", **fields: Any) -> Any:  # noqa: ANN401
    """A top-up that waits; for ever unless it says days or hours."""
    return {
        "id": name,
        "kind": "topup",
        "bytes": amount,
        "ts": ts,
        "starts": "on_depletion",
        **fields,
    }


def test_it_starts_at_the_byte_that_empties_the_main_lots() -> None:
    ledger = [waits("q", validity={"hours": 2})]
    usage = [("05-03T10:00", 125, {"from": "05-03T00:00"})]
    # 125 bytes in ten hours: the hundredth is at 08:00.
    found = ask("05-03T09:59", plan=PACK, ledger=ledger, usage=usage)
    assert found["queued"] == {}
    assert found["lots"]["main"] == 0
    assert found["overage_bytes"] == 0
    found = ask("05-03T10:00", plan=PACK, ledger=ledger, usage=usage)
    assert found["lots"] == {"main": 0}
    assert (found["used_bytes"], found["state"]) == (125, "depleted")


def test_the_rest_of_the_sample_after_its_end_is_overage() -> None:
    ledger = [waits("q", validity={"hours": 2})]
    usage = [("05-03T10:00", 200, {"from": "05-03T00:00"})]
    # Empty at 05:00; the top-up takes what moves until 07:00.
    found = ask("05-04", plan=PACK, ledger=ledger, usage=usage)
    assert (found["used_bytes"], found["overage_bytes"]) == (200, 60)


def test_one_at_a_time_the_oldest_first() -> None:
    ledger = [waits("q1", 10), waits("q2", 10, ts="05-01T12:00")]
    found = ask("05-04", plan=PACK, ledger=ledger, usage=[("05-03", 105)])
    assert (found["lots"], found["queued"]) == ({"main": 0, "q2": 5}, {"q1": 10})
    found = ask("05-04", plan=PACK, ledger=ledger, usage=[("05-03", 112)])
    assert (found["lots"], found["queued"]) == ({"main": 0, "q1": 8, "q2": 0}, {})


def test_the_next_one_starts_when_the_first_is_over_and_nothing_else_is_left() -> None:
    ledger = [waits("q1", validity={"days": 1}), waits("q2", validity={"days": 1})]
    usage = [("05-03", 100)]
    found = ask("05-04", plan=PACK, ledger=ledger, usage=usage)
    assert (found["lots"], found["queued"]) == ({"main": 0, "q2": 100}, {})
    assert ask("05-05", plan=PACK, ledger=ledger, usage=usage)["lots"] == {"main": 0}
    # Something else is left in a main lot, so the second waits on.
    more = [*ledger, {"kind": "topup", "bytes": 5, "ts": "05-03T12:00", "id": "t"}]
    found = ask("05-05", plan=PACK, ledger=more, usage=usage)
    assert (found["lots"], found["queued"]) == ({"main": 0, "t": 5}, {"q2": 100})


def test_it_starts_at_once_where_nothing_is_left_when_it_is_entered() -> None:
    ledger = [waits("q", ts="05-04", validity={"days": 1})]
    found = ask("05-04", plan=PACK, ledger=ledger, usage=[("05-03", 130)])
    assert (found["lots"], found["queued"]) == ({"main": 0, "q": 100}, {})
    assert found["overage_bytes"] == 30
    assert ask("05-05", plan=PACK, ledger=ledger, usage=[("05-03", 130)])["lots"] == {
        "main": 0
    }


def test_after_an_upward_correction_it_starts_at_once() -> None:
    ledger = [
        waits("q", validity={"days": 1}),
        {"kind": "sync", "used_bytes": 120, "ts": "05-04"},
    ]
    found = ask("05-04", plan=PACK, ledger=ledger)
    assert (found["lots"], found["overage_bytes"]) == ({"main": 0, "q": 100}, 20)


def test_emptied_in_another_way_it_starts_with_the_next_charged_sample() -> None:
    ledger = [
        waits("q", validity={"days": 1}),
        {"kind": "revoke", "lot": "main", "ts": "05-04"},
    ]
    found = ask("05-05", plan=PACK, ledger=ledger)
    assert (found["lots"], found["queued"]) == ({}, {"q": 100})
    usage = [("05-06", 10), ("05-07", 10)]
    assert ask("05-06", plan=PACK, ledger=ledger, usage=usage)["lots"] == {"q": 90}
    found = ask("05-07", plan=PACK, ledger=ledger, usage=usage)
    assert (found["lots"], found["overage_bytes"]) == ({}, 10)


def test_bytes_that_are_not_charged_start_nothing() -> None:
    plan = {
        **PACK,
        "buckets": [
            {"id": "main", "bytes": 0},
            {"id": "m", "zero_rated": True, "scope": {"apps": ["music"]}},
        ],
        "zones": {"included": ["410"]},
    }
    ledger = [waits("q", ts="05-02"), {"kind": "revoke", "lot": "main", "ts": "05-02"}]
    # It starts when it is entered, since there is nothing.
    assert ask("05-03", plan=plan, ledger=ledger)["queued"] == {}
    ledger = [waits("q", ts="04-20"), {"kind": "revoke", "lot": "x", "ts": "05-02"}]
    plan["buckets"] = [{"id": "main", "bytes": 5}, plan["buckets"][1]]  # type: ignore[index]
    ledger[1]["lot"] = "main"
    usage = [("05-04", 10, {"app": "music"}), ("05-05", 10, {"mcc": "454"})]
    assert ask("05-06", plan=plan, ledger=ledger, usage=usage)["queued"] == {"q": 100}


def test_it_starts_when_the_validity_ends() -> None:
    ledger = [waits("q", validity={"days": 2})]
    found = ask("06-01", plan=PACK, ledger=ledger, usage=[("05-31T12:00", 30)])
    # 1 May and 30 days.
    assert (found["state"], found["lots"]) == ("active", {"q": 70})
    assert found["validity_end"] == "2025-06-02T00:00:00Z"
    assert ask("06-02", plan=PACK, ledger=ledger)["state"] == "expired"


def test_a_stacked_renewal_is_no_end_of_the_validity() -> None:
    ledger = [waits("q"), {"kind": "renewal", "ts": "05-03"}]
    found = ask("06-05", plan=PACK, ledger=ledger)
    assert (found["lots"], found["queued"]) == ({"main": 100}, {"q": 100})


def test_it_can_be_revoked_while_it_waits() -> None:
    ledger = [waits("q"), {"kind": "revoke", "lot": "q", "ts": "05-03"}]
    found = ask("05-04", plan=PACK, ledger=ledger)
    assert (found["queued"], found["results"]["e1"]) == ({}, "accepted")


def test_a_new_cycle_keeps_it_waiting() -> None:
    ledger = [waits("q", ts="06-02")]
    usage = [("06-03", 90), ("07-03", 90)]
    assert ask("07-05", plan={}, ledger=ledger, usage=usage)["queued"] == {"q": 100}


def test_a_scoped_one_takes_only_what_it_is_for() -> None:
    ledger = [waits("q", scope={"apps": ["chat"]})]
    usage = [("05-03", 130), ("05-04", 20, {"app": "chat"})]
    found = ask("05-05", plan=PACK, ledger=ledger, usage=usage)
    assert (found["lots"], found["overage_bytes"]) == ({"main": 0, "q": 80}, 30)
    assert found["main_used_bytes"] == 130


def test_of_two_samples_at_once_the_later_one_meets_it_from_its_start_on() -> None:
    """Pieces go in order of their start, and the lot lives from its own start on."""
    ledger = [waits("q")]
    span = {"from": "05-03T00:00"}
    usage = [("05-03T10:00", 200, span), ("05-03T10:00", 100, {**span, "app": "b"})]
    found = ask("05-04", plan=PACK, ledger=ledger, usage=usage)
    assert (found["lots"]["q"], found["overage_bytes"]) == (0, 100)
