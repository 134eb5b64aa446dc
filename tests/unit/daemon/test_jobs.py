"""Calendar jobs that meet a damaged database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.config import Config
from monitor.daemon.dates import Dates
from monitor.daemon.jobs import calendar_jobs
from tests.unit.store.builders import T0, usage_batch, writing

if TYPE_CHECKING:
    from pathlib import Path


def test_what_the_next_start_would_find_as_well_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "usage.db"
    with writing(path) as (store, writer):
        writer.flush(usage_batch(T0, T0 + 30), T0 + 30, trusted=True)
        dates = Dates(lambda: T0, lambda: T0)
        jobs = calendar_jobs(store, Config, dates, lambda: T0, lambda: None)
        for job in jobs:
            job.run()
        assert store.damage is None
        with path.open("r+b") as file:
            file.write(b"\xa5" * path.stat().st_size)
        for job in jobs:
            job.run()
        assert store.damage is not None
