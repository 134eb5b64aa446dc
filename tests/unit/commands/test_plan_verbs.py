"""`esimmon plan VERB` as a person calls it: one entry, plain words, or a plain no."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from monitor.users import user_name
from tests.unit.commands.plan_stores import GB, MB, Moved, Prompt, make_store

if TYPE_CHECKING:
    from pathlib import Path

PK = {
    "plan": {
        "id": "pk",
        "tz": "Asia/Karachi",
        "cycle": {"kind": "whole"},
        "validity": {
            "kind": "elapsed",
            "days": 7,
            "start": "2025-06-10T11:00:00+05:00",
        },
        "buckets": [{"id": "main", "bytes": 5 * GB}],
        "zones": {"included": ["410"]},
        "line": {"iccid": "8992011234567890123"},
    }
}
HOME = {
    "plan": {
        "id": "home",
        "tz": "Asia/Karachi",
        "cycle": {"kind": "month", "billing_day": 1},
        "buckets": [{"id": "main", "bytes": 10 * GB}],
        "gifting": {"allowed": True, "min_bytes": 50 * MB, "step_bytes": 100 * MB},
    },
    "patterns": ["wlan*"],
    "members": [
        {"id": "amina", "allocation_bytes": 4 * GB},
        {"id": "bilal", "allocation_bytes": 3 * GB},
        {"id": "dawud", "allocation_bytes": 1 * GB},
    ],
}
NOW = "2025-06-12T10:50+05:00"
ME = user_name(os.geteuid())


@pytest.fixture
def prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prompt:
    """Mr Zhang in Karachi, with 2.54 GB used of pk and 2 GB of home."""
    used = [
        Moved("2025-06-11T10:00+05:00", 2540 * MB),
        Moved("2025-06-05T10:00+05:00", 2 * GB, "wlan0"),
    ]
    made = Prompt(
        make_store(tmp_path / "usage.db", [PK, HOME], used), monkeypatch, capsys
    )
    made.is_at(NOW, "Asia/Karachi")
    return made


def test_the_operators_figure_is_taken_and_the_measurements_are_kept(
    prompt: Prompt,
) -> None:
    said = prompt.plan("sync", "pk", "--remaining", "2.2GB", "--as-of", "10:40")
    assert said == (
        "pk: measured 2.54 GB, operator 2.80 GB: +260 MB (10.2 %). Corrected from "
        "10:40; your measurements are kept.\n"
        "pk: Left 2.20 GB (before: 2.46 GB)."
    )
    assert [kind for _, kind in prompt.rows()] == ["sync"]
    assert "left 2.20 GB of 5.00 GB" in prompt.plan("show", "pk")


def test_more_left_than_was_bought_is_wondered_at(prompt: Prompt) -> None:
    said = prompt.plan("sync", "pk", "--remaining", "5.5GB").splitlines()
    assert said[1].startswith("pk: 500 MB more are left than was bought, as far as is ")
    assert said[2] == "pk: Left 5.00 GB (before: 2.46 GB)."


def test_a_dry_run_shows_the_same_and_notes_nothing(prompt: Prompt) -> None:
    words = ("sync", "pk", "--used", "2.80GB", "--as-of", "10:40")
    would = prompt.plan(*words, "--dry-run").splitlines()
    assert would.pop() == "Dry run: nothing noted."
    assert prompt.rows() == []
    assert prompt.plan(*words).splitlines() == would


def test_a_kind_of_alert_is_silent_until_the_cycle_ends(prompt: Prompt) -> None:
    said = prompt.type("alerts", "snooze", "home", "data.warning")
    assert said == "home: silent about data.warning until 1 Jul."
    assert [kind for _, kind in prompt.rows()] == ["snooze"]
    prompt.is_at("2025-06-30T10:00+05:00")
    said = prompt.type("alerts", "snooze", "pk", "data.limit")
    assert said == "pk: no cycle runs, so there is nothing to be silent about."
    said = prompt.type("alerts", "snooze", "pk", "data.nothing", status=2)
    assert "Kinds are: data.warning, data.limit, " in said


def test_a_renewal_in_time_follows_this_pack(prompt: Prompt) -> None:
    assert prompt.plan("renew", "pk", "--early", "stack") == (
        "pk: renewed. This pack runs to 17 Jun 11:00 PKT; the next 5.00 GB to "
        "24 Jun 11:00 PKT."
    )


def test_a_renewal_after_the_end_says_what_is_not_covered(prompt: Prompt) -> None:
    make_store(prompt.store, [PK, HOME], [Moved("2025-06-18T12:00+05:00", 12 * MB)])
    prompt.is_at("2025-06-18T15:20+05:00")
    assert prompt.plan("renew", "pk") == (
        "pk: had ended 17 Jun 11:00 PKT. New pack from 15:20: 5.00 GB to 25 Jun 15:20 "
        "PKT.\n"
        "pk: 12.0 MB in between are not covered."
    )


def test_a_new_profile_keeps_the_history(prompt: Prompt) -> None:
    said = prompt.plan("replace", "pk", "--iccid", "8992 0698 7654 3210 987")
    assert said == (
        "pk: line is now 8992…0987 (before: 8992…0123). Used 2.54 GB, left 2.46 GB, "
        "history kept."
    )
    assert "987654321" not in prompt.plan("ledger", "pk")


def test_what_is_borrowed_is_seen_at_both_members(prompt: Prompt) -> None:
    said = prompt.plan("borrow", "home", "--from", "bilal", "--to", "dawud", "1GB")
    assert said == "home: bilal 2.00 GB, dawud 2.00 GB until 1 Jul."


def test_a_gift_that_breaks_a_rule_is_refused_with_the_rule(prompt: Prompt) -> None:
    assert prompt.plan("gift", "home", "150MB", status=1) == (
        "home: gifts go in steps of 100 MB (gifting.step_bytes). Nothing noted."
    )
    assert prompt.rows() == []
    assert prompt.plan("gift", "home", "200MB") == (
        "home: gave away 200 MB. Left 7.80 GB (before: 8.00 GB)."
    )


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "a gift from a plan that allows none": (
        ("gift", "pk", "100MB"),
        "gifts are not allowed in this plan (gifting.allowed)",
    ),
    "a gift that is too small": (
        ("gift", "home", "40MB"),
        "gifts are at least 50 MB (gifting.min_bytes)",
    ),
    "a gift of more than there is": (
        ("gift", "home", "9GB"),
        "only 8.00 GB are left",
    ),
    "a stranger who borrows": (
        ("borrow", "home", "--from", "eve", "--to", "dawud", "1GB"),
        "the plan has no such member (members)",
    ),
    "more than a member has": (
        ("borrow", "home", "--from", "dawud", "--to", "amina", "2GB"),
        "dawud has not that much left to lend (members)",
    ),
    "a lot that is not there": (
        ("revoke", "pk", "bonus"),
        "there is no such lot with a limit that is alive: main",
    ),
    "a plan without a length bought again": (
        ("renew", "home"),
        "it has no length that could be bought again (validity)",
    ),
    "a number that is no ICCID": (
        ("replace", "pk", "--iccid", "12345"),
        "that is no ICCID: 89 and 16 to 18 more digits",
    ),
    "the future": (
        ("topup", "pk", "1GB", "--at", "2025-06-13"),
        "that is in the future; note it when it has happened",
    ),
}


@pytest.mark.parametrize(("words", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_names_the_rule_and_notes_nothing(
    prompt: Prompt, words: tuple[str, ...], why: str
) -> None:
    assert prompt.plan(*words, status=1) == f"{words[1]}: {why}. Nothing noted."
    assert prompt.rows() == []


MISUSED = [
    ("sync", "pk"),
    ("sync", "pk", "--remaining", "1GB", "--used", "1GB"),
    ("sync", "pk", "--used", "1GB", "--lot", "main"),
    ("sync", "pk", "--remaining", "a lot"),
    ("topup", "pk", "0"),
    ("topup", "pk", "-1GB"),
    ("topup", "pk", "1GB", "--days", "3", "--never"),
    ("topup", "pk", "1GB", "--hours", "3", "--calendar"),
    ("topup", "pk", "1GB", "--until", "2025-06-01"),
    ("topup", "pk", "1GB", "--window", "25:00-26:00"),
    ("topup", "pk", "1GB", "--country", "ZZ"),
    ("topup", "pk", "1GB", "--at", "half past ten"),
    ("topup", "pk", "1GB", "--at", "2025-02-30"),
    ("topup", "pk", "1GB", "--id", "two\nlines"),
    ("adjust", "pk"),
    ("adjust", "pk", "--more", "1GB", "--less", "1GB"),
    ("change", "pk"),
    ("change", "pk", "--buckets", "/nowhere/at/all.toml"),
    ("topup", "nosuch", "1GB"),
    ("show", "nosuch"),
    ("members", "no\x1b[31msuch"),
    ("ledger", "pk", "--id", "x"),
    ("ledger", "one", "two"),
]


@pytest.mark.parametrize("words", MISUSED, ids=" ".join)
def test_a_misused_verb_is_a_sentence_and_notes_nothing(
    prompt: Prompt, words: tuple[str, ...]
) -> None:
    assert prompt.plan(*words, status=2).isprintable()
    assert prompt.rows() == []


def test_a_repeat_with_the_same_id_says_so_and_notes_it_once(prompt: Prompt) -> None:
    words = ("topup", "pk", "1GB", "--id", "receipt-7")
    assert prompt.plan(*words) == (
        "pk: 1.00 GB more until 17 Jun 11:00 PKT. Left 3.46 GB (before: 2.46 GB)."
    )
    prompt.is_at("2025-06-12T11:30+05:00")
    again = "pk: receipt-7 was noted before; nothing changed."
    assert prompt.plan(*words) == again
    assert prompt.rows() == [("receipt-7", "topup")]
    other = prompt.plan("topup", "pk", "2GB", "--id", "receipt-7", status=1)
    assert 'an entry "receipt-7" that says something else' in other
    assert prompt.rows() == [("receipt-7", "topup")]


TOPUPS: dict[tuple[str, ...], str] = {
    (): "1.00 GB more until 17 Jun 11:00 PKT",
    ("--days", "2"): "1.00 GB more until 14 Jun 10:50 PKT",
    ("--days", "2", "--calendar"): "1.00 GB more until 14 Jun",
    ("--hours", "3"): "1.00 GB more until 12 Jun 13:50 PKT",
    ("--until", "2025-06-30"): "1.00 GB more until 30 Jun",
    ("--never",): "1.00 GB more",
    ("--on-depletion", "--days", "3"): "1.00 GB more wait until the rest is used up",
}


@pytest.mark.parametrize(("options", "said"), TOPUPS.items(), ids=str)
def test_a_top_up_says_how_long_it_lasts(
    prompt: Prompt, options: tuple[str, ...], said: str
) -> None:
    assert prompt.plan("topup", "pk", "1GB", *options).startswith(f"pk: {said}. Left ")


def test_a_top_up_for_a_purpose_is_shown_with_it(prompt: Prompt) -> None:
    scope = ("--app", "com.video*", "--window", "22:00-06:00", "--country", "PK")
    prompt.plan("topup", "pk", "1GB", "--promo", "--id", "film", *scope)
    assert (
        "film 1.00 GB left, until 17 Jun 11:00 PKT, only 22:00-06:00, for com.video*, "
        "in 410"
    ) in " ".join(prompt.plan("show", "pk").split())


def test_a_gift_received_and_one_with_an_end_of_its_own(prompt: Prompt) -> None:
    assert prompt.plan("receive", "home", "500MB") == (
        "home: received 500 MB until 1 Jul. Left 8.50 GB (before: 8.00 GB)."
    )
    said = prompt.plan("receive", "home", "1GB", "--expires", "2025-12-31")
    assert said.startswith("home: received 1.00 GB until 31 Dec. Left 9.50 GB")


def test_corrections_by_an_amount(prompt: Prompt) -> None:
    assert prompt.plan("adjust", "home", "--more", "300MB") == (
        "home: 300 MB more used than measured. Left 7.70 GB (before: 8.00 GB)."
    )
    assert prompt.plan("adjust", "home", "--less", "50MB") == (
        "home: 50.0 MB less used than measured. Left 7.75 GB (before: 7.70 GB)."
    )


def test_other_data_from_the_next_cycle_or_from_now(
    prompt: Prompt, tmp_path: Path
) -> None:
    assert prompt.plan("change", "home", "--size", "20GB") == (
        "home: from 1 Jul on main 20.00 GB."
    )
    said = prompt.plan("change", "home", "--size", "20GB", "--when", "now-keep")
    assert said == "home: main 20.00 GB. Left 18.00 GB (before: 8.00 GB)."
    file = tmp_path / "new.toml"
    file.write_text(
        '[[bucket]]\nid = "main"\nbytes = "3 GB"\n[[bucket]]\nid = "night"\n'
        'bytes = "10 GB"\nscope.windows = [{start = "22:00", end = "06:00"}]\n'
    )
    words = ("change", "home", "--buckets", str(file), "--when", "now-reset")
    assert prompt.plan(*words).startswith("home: main 3.00 GB, night 10.00 GB. Left 3")
    file.write_text('[[bucket]]\nid = "main"\nbytes = -1\n')
    assert "bucket[0].bytes = -1" in prompt.plan(*words, status=1)


def test_what_the_operator_took_back_is_gone(prompt: Prompt) -> None:
    prompt.plan("topup", "pk", "1GB", "--id", "bonus")
    assert prompt.plan("revoke", "pk", "bonus") == (
        "pk: lot bonus is taken back, 1.00 GB with it. Left 2.46 GB (before: 3.46 GB)."
    )


def test_an_undo_is_an_entry_of_its_own_and_can_be_undone(prompt: Prompt) -> None:
    prompt.plan("topup", "pk", "1GB", "--id", "t1")
    assert prompt.plan("ledger", "undo", "t1", "--id", "u1") == (
        "pk: undone: top-up of 1.00 GB. Left 2.46 GB (before: 3.46 GB)."
    )
    entries = prompt.json("ledger", "pk")["entries"]
    assert [(each["id"], each["result"], each["undone_by"]) for each in entries] == [
        ("t1", "undone", "u1"),
        ("u1", "accepted", None),
    ]
    assert prompt.plan("ledger", "undo", "u1") == (
        "pk: undone: undo of t1. Left 3.46 GB (before: 2.46 GB)."
    )
    assert [kind for _, kind in prompt.rows()] == ["topup", "undo", "undo"]
    missing = prompt.plan("ledger", "undo", "nosuch", status=1)
    assert missing == 'the ledger has no entry "nosuch". Nothing noted.'


def test_what_would_make_another_entry_forbidden_is_refused_and_names_it(
    prompt: Prompt,
) -> None:
    prompt.plan(
        "borrow", "home", "--from", "amina", "--to", "dawud", "3GB", "--id", "b1"
    )
    prompt.plan(
        "borrow", "home", "--from", "dawud", "--to", "bilal", "4GB", "--id", "b2"
    )
    said = prompt.plan("ledger", "undo", "b1", status=1)
    assert said == (
        'home: with that, the entry "b2" would not hold any more '
        "(insufficient_allocation); undo it first. Nothing noted."
    )
    assert [entry for entry, _ in prompt.rows()] == ["b1", "b2"]


def test_the_ledger_in_order_of_effect_with_hostile_names_escaped(
    prompt: Prompt,
) -> None:
    prompt.plan("topup", "pk", "1GB", "--id", "later")
    words = ("--more", "1MB", "--at", "2025-06-11", "--id", "sooner")
    prompt.plan("adjust", "pk", *words)
    assert prompt.plan("ledger", "pk").splitlines() == [
        "11 Jun 00:00 PKT  1.00 MB more used than measured",
        f"    accepted; entry sooner, noted by {ME}",
        "12 Jun 10:50 PKT  top-up of 1.00 GB",
        f"    accepted; entry later, noted by {ME}",
    ]
    assert prompt.plan("ledger", "home") == (
        "home: nothing is noted yet, see esimmon plan --help"
    )


SOON: dict[str, Any] = {
    "plan": {
        **PK["plan"],
        "id": "soon",
        "validity": {"kind": "elapsed", "days": 30, "starts_on": "first_attach"},
    }
}


def test_before_activation_an_entry_waits_and_that_is_said(
    prompt: Prompt, tmp_path: Path
) -> None:
    prompt.store = make_store(tmp_path / "soon.db", [SOON])
    assert prompt.plan("topup", "soon", "1GB", "--id", "early") == (
        "soon: 1.00 GB more. It takes effect when the plan is activated."
    )
    (waiting,) = prompt.json("ledger", "soon")["entries"]
    assert waiting["result"] == "waiting"
    assert prompt.plan("activate", "soon", "--at", "10:45") == (
        "soon: active since 12 Jun 10:45 PKT, until 12 Jul 10:45 PKT. Left 6.00 GB."
    )
    results = [each["result"] for each in prompt.json("ledger", "soon")["entries"]]
    assert results == ["accepted", "accepted"]


def test_members_as_a_family_reads_them(prompt: Prompt) -> None:
    assert prompt.plan("members", "home").splitlines() == [
        "home  10.00 GB, left 8.00 GB, resets 1 Jul",
        "  member  used    share  may use",
        "  amina      0  4.00 GB  4.00 GB",
        "  bilal      0  3.00 GB  3.00 GB",
        "  dawud      0  1.00 GB  1.00 GB",
    ]
    members = prompt.json("members", "home")["members"]
    assert members[2] == {
        "id": "dawud",
        "used_bytes": 0,
        "remaining_bytes": GB,
        "blocked": False,
        "allocation_bytes": GB,
    }
    assert prompt.plan("members", "pk").splitlines()[1] == "  nobody shares it"


def test_no_store_says_what_to_do(prompt: Prompt, tmp_path: Path) -> None:
    prompt.store = tmp_path / "none.db"
    assert "esimmon run" in prompt.plan("topup", "pk", "1GB", status=1)
    assert "esimmon run" in prompt.plan("show", "pk", status=1)


def test_an_edited_ledger_is_named_by_every_command(prompt: Prompt) -> None:
    prompt.plan("topup", "pk", "1GB", "--id", "t1")
    with closing(sqlite3.connect(prompt.store)) as connection, connection:
        connection.execute("DROP TRIGGER ledger_update")
        connection.execute("UPDATE ledger SET body = '{}'")
    for words in (("show", "pk"), ("ledger", "pk"), ("topup", "pk", "1GB")):
        assert 'the entry "t1" of the ledger' in prompt.plan(*words, status=1)


def test_times_of_another_zone_are_shown_in_both(prompt: Prompt) -> None:
    prompt.is_at(NOW, "Asia/Shanghai")
    assert "the next 5.00 GB to 24 Jun 11:00 PKT (14:00 CST)." in prompt.plan(
        "renew", "pk"
    )


def test_who_wrote_an_entry_is_kept(prompt: Prompt) -> None:
    prompt.plan("topup", "pk", "1GB")
    (entry,) = prompt.json("ledger", "pk")["entries"]
    assert entry["by"] == ME
    assert entry["noted_at"] == "2025-06-12T05:50:00Z"


CONFIG = """
[[plan]]
id = "pk"
quota = "7 GB"
valid = "7 days"
starts_on = "2025-06-10T11:00"
tz = "Asia/Karachi"
remaining = "6 GB"
as_of = "2025-06-12T10:00"
match.interface = ["wwan*"]
"""


def test_without_a_daemon_the_plans_are_those_that_one_started_now_would_have(
    prompt: Prompt, tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(CONFIG)
    words = ("--config", str(file))
    assert prompt.plan("topup", "pk", "1GB", *words).endswith(
        "Left 7.00 GB (before: 6.00 GB)."
    )
    first = prompt.plan("ledger", "pk", *words).splitlines()[:2]
    assert first == [
        "12 Jun 10:00 PKT  operator: 6.00 GB left",
        "    accepted; entry config:pk:2025-06-12T05:00:00Z, noted by configuration",
    ]
    assert "There are: pk" in prompt.plan("show", "home", *words, status=2)


@pytest.mark.parametrize(
    ("early", "said"),
    [
        ("restart", "Left 5.00 GB until 19 Jun 10:50 PKT"),
        ("accumulate", "Left 7.46 GB until 19 Jun 10:50 PKT"),
        ("extend", "Left 7.46 GB until 24 Jun 11:00 PKT"),
    ],
)
def test_a_renewal_that_begins_now_says_what_is_left(
    prompt: Prompt, early: str, said: str
) -> None:
    assert prompt.plan("renew", "pk", "--early", early) == (
        f"pk: renewed. {said} (before: 2.46 GB)."
    )


def test_the_operators_figure_of_one_lot(prompt: Prompt) -> None:
    prompt.plan("topup", "pk", "1GB", "--id", "t1")
    said = prompt.plan("sync", "pk", "--lot", "t1", "--remaining", "400MB")
    assert said == "pk: lot t1 has 400 MB left (measured: 1.00 GB)."


WAITING: dict[tuple[str, ...], str] = {
    ("sync", "soon", "--used", "1GB"): "operator: 1.00 GB used",
    ("borrow", "soon", "--from", "a", "--to", "b", "1GB"): "b borrowed 1.00 GB from a",
    ("renew", "soon"): "renewed",
    ("replace", "soon", "--iccid", "8992069876543210987"): (
        "line is now 8992…0987 (before: 8992…0123)"
    ),
    ("receive", "soon", "1GB"): "received 1.00 GB",
    ("change", "soon", "--size", "1GB"): "main 1.00 GB",
}


def test_whatever_is_noted_before_activation_waits(
    prompt: Prompt, tmp_path: Path
) -> None:
    prompt.store = make_store(tmp_path / "soon.db", [SOON])
    for words, said in WAITING.items():
        assert prompt.plan(*words).startswith(f"soon: {said}")
    assert len(prompt.rows()) == len(WAITING)
    results = {each["result"] for each in prompt.json("ledger", "soon")["entries"]}
    assert results == {"waiting"}


def test_a_figure_from_before_the_activation_is_taken_at_the_activation(
    prompt: Prompt, tmp_path: Path
) -> None:
    prompt.store = make_store(tmp_path / "soon.db", [SOON])
    prompt.plan("activate", "soon", "--at", "10:45")
    said = prompt.plan("sync", "soon", "--used", "1GB", "--at", "10:00")
    assert said.startswith("soon: measured 0 B, operator 1.00 GB: +1.00 GB.")


def test_a_plan_that_lapsed_takes_nothing_any_more(
    prompt: Prompt, tmp_path: Path
) -> None:
    late = {"plan": {**SOON["plan"], "validity": {**SOON["plan"]["validity"]}}}
    late["plan"]["validity"]["activate_by"] = "2025-06-01T00:00:00Z"
    prompt.store = make_store(tmp_path / "late.db", [late])
    assert prompt.plan("topup", "soon", "1GB", status=1) == (
        "soon: it was not activated in time and is over. Nothing noted."
    )
    assert prompt.plan("activate", "soon", "--at", "2025-05-30").startswith(
        "soon: active since 30 May 00:00 PKT"
    )


def test_every_kind_of_entry_has_words_in_the_ledger(prompt: Prompt) -> None:
    for words in (
        ("topup", "home", "1GB"),
        ("receive", "home", "1GB"),
        ("gift", "home", "100MB"),
        ("borrow", "home", "--from", "amina", "--to", "bilal", "1GB"),
        ("sync", "home", "--used", "1GB"),
        ("sync", "home", "--remaining", "1GB", "--lot", "main"),
        ("adjust", "home", "--less", "1MB"),
        ("change", "home", "--size", "1GB"),
        ("replace", "home", "--iccid", "8992069876543210987"),
        ("revoke", "home", "main"),
        ("activate", "home", "--country", "PK"),
        ("renew", "pk", "--early", "stack"),
    ):
        prompt.plan(*words)
    told = prompt.plan("ledger", "home") + prompt.plan("ledger", "pk")
    for words_of in (
        "top-up of 1.00 GB",
        "gift of 1.00 GB received",
        "gift of 100 MB given away",
        "bilal borrowed 1.00 GB from amina",
        "operator: 1.00 GB used",
        "operator: 1.00 GB left in lot main",
        "1.00 MB less used than measured",
        "other data: main 1.00 GB (next_cycle)",
        "new profile 8992…0987",
        "lot main taken back",
        "activated in 410",
        "renewed (stack)",
    ):
        assert words_of in told
