"""Whose bytes an alert about the background is about."""

from __future__ import annotations

import pytest

from monitor.alerts import is_background
from monitor.attribution.shares import Attributed
from monitor.usage import Application, Attachment, Owner, Process, Share, Traffic

WWAN = Attachment("if:wwan0", "wwan0", billed=True)
CURL = Application("curl", "executable")
PROCESS = Process(Owner(5, 7, 1), "curl", "/usr/bin/curl", (), 1000, 1, "/")


def row(share: Share) -> Attributed:
    """Bytes of a process."""
    return Attributed(WWAN, share, PROCESS, Traffic(1))


def test_background_is_what_its_class_says() -> None:
    assert is_background(row(Share(CURL, app_class="background")))


@pytest.mark.parametrize(
    "share",
    [
        Share(CURL, app_class="interactive"),
        Share(CURL),
        Share(CURL, app_class="background", scope="local"),
        Share(None, kind="kernel", app_class="background"),
    ],
)
def test_what_a_person_sees_costs_nothing_or_is_nobodys_is_no_secret(
    share: Share,
) -> None:
    assert not is_background(row(share))


def test_bytes_in_a_tunnel_are_the_programs_that_moved_them() -> None:
    assert is_background(row(Share(CURL, kind="tunnel", app_class="background")))
