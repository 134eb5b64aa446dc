"""The table of networks: what is known of each, and what a person calls it.

An attachment names its network by key; what the key stands for is said once, here, as
it was when it was last met. `label` is the person's own, and no flush changes it.
"""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary

from monitor.store.columns import Name, integer, name_from_outside, text
from monitor.store.tables import keyed

NETWORKS = keyed(
    "networks",
    Column("key", Name, primary_key=True),
    text("kind"),
    name_from_outside("name"),
    integer("metered"),
    text("metered_by"),
    name_from_outside("uuid"),
    Column("ssid", LargeBinary, nullable=False),  # raw: an SSID need not be UTF-8
    text("tether"),
    name_from_outside("iccid"),
    name_from_outside("eid"),
    name_from_outside("operator_code"),
    name_from_outside("operator_name"),
    text("mcc"),
    integer("roaming"),
    name_from_outside("label"),
)
