"""Which bytes move behind a person's back: those of programs of class background.

The class is found once for reports and alerts alike, in `monitor.applications.classes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.applications import BACKGROUND

if TYPE_CHECKING:
    from monitor.attribution import Attributed


def is_background(row: Attributed) -> bool:
    """Whether the bytes of a row were moved in the background, over the Internet."""
    share = row.share
    is_somebodys = share.application is not None and row.process is not None
    return is_somebodys and share.scope == "internet" and share.app_class == BACKGROUND
