"""Entries of the ledger through a real daemon: who writes, and what a kill leaves."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from monitor.daemon.control import call
from tests.e2e.daemon import QUICK
from tests.e2e.truth import transfer

if TYPE_CHECKING:
    from tests.e2e.daemon import Esimmon
    from tests.lab import Lab

PLAN = f"""{QUICK}
[[plan]]
id = "phone"
quota = "1 GB"
every = "month"
tz = "Asia/Karachi"
[plan.match]
interface = ["wwan0"]
"""


def topup(entry_id: str) -> dict[str, Any]:
    """An entry as a command hands it over."""
    return {
        "kind": "topup",
        "id": entry_id,
        "ts": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "plan": "phone",
        "bytes": 1_000_000,
    }


def plan(esimmon: Esimmon, verb: str, *words: str) -> str:
    """What a command of a plan answers."""
    done = esimmon._finished(
        esimmon._python(
            *("plan", verb, "--config", esimmon.config, "--store", esimmon.store),
            *words,
        )
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def ids(esimmon: Esimmon) -> list[str]:
    """What is in the file."""
    with closing(sqlite3.connect(esimmon.store)) as connection:
        rows = connection.execute("SELECT id FROM ledger ORDER BY entry_no")
        return [found for (found,) in rows]


def test_the_daemon_notes_what_a_command_says_and_judges_what_it_counted(
    lab: Lab, esimmon: Esimmon
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    transfer(lab, up=100_000, down=3_000_000)
    said = plan(esimmon, "topup", "phone", "2GB", "--id", "t1")
    assert said.startswith("phone: 2.00 GB more until 1 ")
    shown = json.loads(plan(esimmon, "show", "phone", "--json"))
    assert shown["limit_bytes"] == 3_000_000_000
    moved = esimmon.report()["interfaces"][0]
    assert shown["used_bytes"] == moved["rx_bytes"] + moved["tx_bytes"] > 3_100_000
    (entry,) = json.loads(plan(esimmon, "ledger", "phone", "--json"))["entries"]
    assert (entry["id"], entry["result"], entry["by"]) == ("t1", "accepted", "root")
    daemon.kill()
    assert ids(esimmon) == ["t1"]


def test_the_daemon_refuses_what_a_rule_forbids_and_what_is_no_entry(
    esimmon: Esimmon,
) -> None:
    esimmon.configure(PLAN)
    daemon = esimmon.start()
    gift = {**topup("g1"), "kind": "transfer_out"}
    for entry, why in (
        (gift, "phone: gifts are not allowed in this plan"),
        ({**topup("t1"), "plan": "nosuch"}, 'no plan "nosuch"'),
        ({**topup("t1"), "bytes": -1}, "entry.bytes"),
        ({**topup("t1"), "ts": "2199-01-01T00:00:00Z"}, "that is in the future"),
        ({"kind": "topup"}, "entry"),
        (None, "entry"),
        ([[[]]], "entry"),
    ):
        answer = call(daemon.control, "ledger.append", {"entry": entry})
        assert answer is not None
        assert why in answer.refusal, entry
    assert ids(esimmon) == []
    assert daemon.stop() == 0


def test_without_a_daemon_the_command_writes_and_a_repeat_changes_nothing(
    esimmon: Esimmon,
) -> None:
    esimmon.configure(PLAN)
    esimmon.start().stop()
    words = ("topup", "phone", "2GB", "--id", "t1")
    again = "phone: t1 was noted before; nothing changed.\n"
    assert plan(esimmon, *words).startswith("phone: 2.00 GB more")
    assert plan(esimmon, *words) == again
    daemon = esimmon.start()
    assert plan(esimmon, *words) == again
    assert ids(esimmon) == ["t1"]
    assert daemon.stop() == 0


def test_two_commands_at_once_without_a_daemon_make_one_entry(
    esimmon: Esimmon,
) -> None:
    esimmon.configure(PLAN)
    esimmon.start().stop()
    said: list[str] = []

    def type_it() -> None:
        said.append(plan(esimmon, "topup", "phone", "2GB", "--id", "t1"))

    people = [threading.Thread(target=type_it) for _ in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert len(said) == 3
    assert ids(esimmon) == ["t1"]


def test_whatever_a_kill_cuts_short_each_entry_is_noted_once_or_not_at_all(
    esimmon: Esimmon,
) -> None:
    esimmon.configure(PLAN)
    acknowledged: list[str] = []
    sent: list[str] = []
    for life in range(4):
        daemon = esimmon.start()
        timer = threading.Timer(0.2 + 0.1 * life, daemon.process.kill)
        timer.start()
        while daemon.process.poll() is None:
            sent.append(f"e{len(sent)}")
            entry = {"entry": topup(sent[-1])}
            answer = call(daemon.control, "ledger.append", entry)
            if answer is not None and answer.result is not None:
                acknowledged.append(sent[-1])
        timer.join()
    found = ids(esimmon)
    assert acknowledged
    assert len(found) == len(set(found))
    assert set(acknowledged) <= set(found) <= set(sent)
    # Nobody knows what became of the others: said again, each is noted once.
    daemon = esimmon.start()
    for entry_id in sent:
        answer = call(daemon.control, "ledger.append", {"entry": topup(entry_id)})
        assert answer is not None
        assert answer.result == {"id": entry_id, "new": entry_id not in found}
    assert sorted(ids(esimmon)) == sorted(sent)
    assert daemon.stop() == 0
