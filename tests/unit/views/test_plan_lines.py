"""A plan in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.config import parse_config
from monitor.config.contracts import plans_of
from monitor.views.plan_lines import Viewer, plan_line

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = Viewer(SHANGHAI, int(datetime(2026, 11, 27, tzinfo=UTC).timestamp()))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('every = "month"', "p: unlimited, day 1 of the month, Asia/Shanghai."),
        (
            'every = "month"\nbilling_day = 29\nmonth_end = "spill"\nquota = "1 GB"',
            (
                "p: 1.00 GB, day 29 of the month (shorter months: the 1st of the "
                "next), Asia/Shanghai."
            ),
        ),
        (
            'every = "3 months"\nstarts_on = 2026-11-05',
            "p: unlimited, day 5 of every 3 months, from 5 Nov 00:00 CST.",
        ),
        (
            'every = "6 months"\nstarts_on = 2025-11-05\ntz = "Asia/Karachi"',
            (
                "p: unlimited, day 5 of every 6 months, from 5 Nov 2025 00:00 PKT "
                "(03:00 CST)."
            ),
        ),
        (
            'every = "week"\nweekday = 5\ntz = "UTC"',
            "p: unlimited, each Friday, UTC.",
        ),
        ('every = "day"\ntz = "UTC"', "p: unlimited, each day, UTC."),
        (
            'every = "30 calendar days"\nstarts_on = "install"\ntz = "UTC"',
            "p: unlimited, every 30 days, UTC.",
        ),
        (
            'every = "14 days"\nstarts_on = "first_use"\ntz = "UTC"',
            "p: unlimited, every 14 days, UTC.",
        ),
        (
            'every = "24 h"\nstarts_on = "first_use"\ntz = "UTC"',
            "p: unlimited, every 24 h, UTC.",
        ),
        (
            'valid = "30 calendar days"\nstarts_on = "first_attach"\ntz = "UTC"',
            "p: unlimited, 30 calendar days from the first network, UTC.",
        ),
        (
            'valid = "36 h"\nstarts_on = "purchase"\ntz = "UTC"',
            "p: unlimited, 36 h from the purchase, UTC.",
        ),
        (
            (
                'valid = "36 h"\nstarts_on = "purchase"\n'
                "purchased_at = 2026-11-20T10:00:30Z"
            ),
            "p: unlimited, 20 Nov 18:00 - 22 Nov 06:00 CST.",
        ),
        (
            (
                'valid = "2 days"\nstarts_on = "install"\n'
                "installed_at = 2026-11-20T10:00:00Z"
            ),
            "p: unlimited, 20 Nov 18:00 - 22 Nov 18:00 CST.",
        ),
        (
            'valid = "7 days"\nactivated_at = 2026-11-20T10:00:00Z',
            "p: unlimited, 20 Nov 18:00 - 27 Nov 18:00 CST.",
        ),
        (
            'valid = "7 days"\nstarts_on = 2026-11-20\nreset_time = "06:00"',
            # Before the reset it is still the day before.
            "p: unlimited, 20 Nov 00:00 - 26 Nov 06:00 CST.",
        ),
        (
            'valid = "7 days"\nstarts_on = 2026-10-20\ntz = "Europe/Berlin"',
            "p: unlimited, 20 Oct 00:00 CEST - 27 Oct 00:00 CET (07:00 CST).",
        ),
        (
            (
                'every = "month"\n[plan.validity]\nkind = "fixed"\n'
                "start = 2026-01-01T00:00:00Z\nend = 2026-07-01T00:00:00Z"
            ),
            "p: unlimited, day 1 of the month, 1 Jan 08:00 - 1 Jul 08:00 CST.",
        ),
        (
            'every = "month"\nbuckets = []',
            "p: no data of its own, day 1 of the month, Asia/Shanghai.",
        ),
        (
            (
                'every = "month"\n[[plan.bucket]]\nid = "night"\nbytes = "1 GB"\n'
                '[[plan.bucket]]\nid = "music"\nzero_rated = true\n'
            ),
            (
                "p: 1.00 GB, day 1 of the month, Asia/Shanghai. night: 1.00 GB extra. "
                "music: free of charge."
            ),
        ),
        (
            (
                'every = "month"\nmatch.interface = ["wwan*"]\n[[plan.bind]]\n'
                'interface = "usb0"\nfrom = 2026-11-20\nto = 2026-11-21'
            ),
            (
                "p: unlimited, day 1 of the month, Asia/Shanghai. On usb0 from 20 Nov "
                "00:00 CST until 21 Nov 00:00 CST, wwan*."
            ),
        ),
    ],
)
def test_a_plan_is_said_in_a_line(text: str, line: str) -> None:
    config = parse_config(f'[[plan]]\nid = "p"\n{text}\n', "f", SHANGHAI)
    (configured,) = plans_of(config.plans, SHANGHAI)
    assert plan_line(configured, NOW) == line
