"""Tables of the plans: their ledger, what was agreed since when, cycles that closed.

An entry of the ledger is for ever: triggers refuse whatever would change or drop one,
retention leaves it alone, and every backup has it. `body` is what was written; the
other columns of an entry are for a person who looks with `sqlite3`.
"""

from __future__ import annotations

from sqlalchemy import DDL, Column, Integer, UniqueConstraint, event

from monitor.store.columns import Name, integer, name_from_outside, text
from monitor.store.tables import key, keyed, table

LEDGER = table(
    "ledger",
    Column("entry_no", Integer, primary_key=True),  # the order at one instant
    name_from_outside("id"),
    integer("ts_s"),
    text("kind"),
    name_from_outside("plan"),  # empty for an entry of each plan
    text("body"),
    integer("noted_s"),
    name_from_outside("by"),
    UniqueConstraint("id"),
)

# REPLACE deletes without a word to triggers of DELETE, so the third one looks before.
_REFUSALS = {
    "ledger_update": "BEFORE UPDATE ON ledger",
    "ledger_delete": "BEFORE DELETE ON ledger",
    "ledger_replace": (
        "BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger "
        "WHERE id = NEW.id OR entry_no = NEW.entry_no)"
    ),
}
TRIGGERS = {
    name: f"CREATE TRIGGER {name} {when} "
    "BEGIN SELECT RAISE(ABORT, 'entries of the ledger stay as they are'); END"
    for name, when in _REFUSALS.items()
}
"""All that the schema has, as SQL by name."""
for _statement in TRIGGERS.values():
    _trigger = DDL(_statement)  # type: ignore[no-untyped-call]  # so it is in SQLAlchemy
    event.listen(LEDGER, "after_create", _trigger)

# From when a plan was agreed in which words; no words from when it was removed.
PLAN_TERMS = keyed(
    "plan_terms",
    Column("plan", Name, primary_key=True),
    key("from_s"),
    text("hash"),
    text("body"),
)

PLAN_CYCLES = keyed(
    "plan_cycles",
    Column("plan", Name, primary_key=True),
    key("start_s"),
    integer("end_s"),
    integer("used_bytes"),
    text("terms_hash"),
)
