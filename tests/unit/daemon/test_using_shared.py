"""What others move through this machine, as alerts about networks see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.attribution.shares import Attributed
from monitor.config.settings import Networks
from monitor.counting.live import Ticked
from monitor.daemon.using import Using
from monitor.store.engine import open_store
from monitor.store.labels import Labels
from monitor.usage import Application, Attachment, Interval, Share, Traffic

if TYPE_CHECKING:
    from pathlib import Path

PHONE = Attachment("wifi:aa", "wlan0", billed=True, metered=True)
GUEST = Share(None, kind="forwarded", via="ap0")
CONTAINER = Share(Application("docker:1", "container"), kind="forwarded", via="docker0")


def test_what_others_moved_is_summed_up_while_the_network_is_there(
    tmp_path: Path,
) -> None:
    with open_store(tmp_path / "usage.db", writable=True, create=True) as store:
        using = Using(store, Networks(), Labels(store))

        def look(*shares: Share, here: tuple[Attachment, ...]) -> list[tuple[int, int]]:
            rows = [Attributed(PHONE, each, None, Traffic(700)) for each in shares]
            tick = Ticked(Interval(0, 10), 10, 10, {}, rows)
            found = using.look(tick, here, {}, lambda _: None).used
            return [(each.forwarded_bytes, len(each.via)) for each in found]

        assert look(GUEST, CONTAINER, here=(PHONE,)) == [(700, 1)]
        assert look(GUEST, GUEST, here=(PHONE,)) == [(2100, 1)]
        assert look(here=()) == []
        assert look(here=(PHONE,)) == [(0, 0)]
