"""Tables of alerts: what was told, what is not told again, how it was told."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Text

from monitor.store.columns import Name, integer, name_from_outside, text
from monitor.store.tables import key, keyed, table

# An alert for each occasion on which a condition began to hold.
ALERTS = table(
    "alerts",
    Column("alert_id", Integer, primary_key=True),
    name_from_outside("key"),
    text("kind"),
    text("plan"),
    name_from_outside("application"),
    name_from_outside("network"),
    name_from_outside("detail"),
    name_from_outside("title"),
    name_from_outside("body"),
    integer("raised_s"),
    Column("cleared_s", Integer),  # empty while the condition holds
    Index("ix_alerts_key", "key"),
)

# What is not told again, by the key of an alert, with the second at which it was.
ALERT_MARKS = keyed(
    "alert_marks", Column("key", Name, primary_key=True), integer("at_s")
)

# By way: the first time it was told, or why it was not.
DELIVERIES = keyed(
    "deliveries",
    key("alert_id", "alerts.alert_id", cascade=True),
    Column("way", Text, primary_key=True),
    integer("at_s"),
    name_from_outside("failure"),
)
