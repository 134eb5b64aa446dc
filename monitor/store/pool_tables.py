"""Tables of the pool: its devices, what each said it moved, which entries are whose.

One writer a key, and the highest revision wins: the order in which words of a device
arrive, and how often, makes no difference. What this device says of itself stands in
the same tables, in the form in which the others have it.
"""

from __future__ import annotations

from sqlalchemy import Column, Text

from monitor.store.columns import Name, integer, name_from_outside, text
from monitor.store.tables import key, keyed

# A device that was set up anew, or restored, goes on as another instance of itself.
POOL_DEVICES = keyed(
    "pool_devices",
    Column("device", Name, primary_key=True),
    Column("instance", Text, primary_key=True),
    integer("is_own"),
    name_from_outside("member"),
    integer("revision"),  # the newest of what is known
    integer("from_s"),  # of our own: usage from then on is told
    integer("through_s"),  # up to when its usage is complete
    integer("said_s"),  # when it said so, by its clock
    integer("heard_s"),  # and by ours
    text("terms"),  # by which words it judges its plans, as JSON: hash by plan
)

POOL_USAGE = keyed(
    "pool_usage",
    Column("device", Name, primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("plan", Name, primary_key=True),
    key("from_s"),
    Column("mcc", Text, primary_key=True),
    key("tethered"),
    Column("app", Name, primary_key=True),
    Column("member", Name, primary_key=True),
    integer("to_s"),
    integer("rx_bytes"),
    integer("tx_bytes"),
    integer("revision"),
)

POOL_ENTRIES = keyed(
    "pool_entries",
    Column("id", Name, primary_key=True),
    name_from_outside("device"),
    text("instance"),
    integer("revision"),
)
