"""`[pool]`: what may be set, and what this device is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import as_toml, device_name, parse_config, pool_folder
from monitor.config.pool import DEVICE, Pool
from monitor.errors import ConfigError

FULL = """
[pool]
folder = "~/Sync/family/"
device = "annas-laptop"
member = "Anna Maria"
plans = ["family", "home"]
every = "1 h"
metered_per_hour = "1 MB"
"""


def test_a_pool_is_read_and_written_back_as_the_same() -> None:
    config = parse_config(FULL, "f")
    pool = config.pool
    assert (pool.folder, pool.device, pool.member) == (
        "~/Sync/family",
        "annas-laptop",
        "Anna Maria",
    )
    assert (pool.plans, pool.every_s) == (("family", "home"), 3600)
    assert pool.metered_per_hour_bytes == 1_000_000
    assert parse_config(as_toml(config), "f") == config
    assert pool_folder(pool) == Path("~/Sync/family").expanduser()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('folder = "Sync"', "must be a folder in quotes that begins with / or ~/"),
        ('folder = "/"', "must be a folder of its own"),
        ('folder = "/a\\u0000b"', "must be a folder of its own"),
        ("folder = 1", "must be a folder in quotes"),
        ('folder = "/a"', "pool.plans = []: must be the plans that are shared"),
        ('device = ".hidden"', "must be a name of at most 64"),
        ('device = "a/b"', "must be a name of at most 64"),
        ('device = "-a"', "must be a name of at most 64"),
        (f'device = "{"a" * 65}"', "must be a name of at most 64"),
        ("device = 1", "must be a name of at most 64"),
        ('member = "a\\nb"', "must be the id of a member"),
        ("member = 1", "must be the id of a member"),
        ('plans = ["A"]', "must be the id of a plan"),
        ("plans = [1]", "must be the id of a plan"),
        ('plans = ["a", "a"]', "must be a list without the same plan twice"),
        ('every = "1 s"', 'must be from "1 min" to "1 day"'),
        ('metered_per_hour = "1 kB"', 'must be from "20 kB" to "1 GB"'),
        ('folders = "/a"', "unknown key. Did you mean pool.folder?"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(line: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"[pool]\n{line}\n", "f")
    assert str(caught.value).startswith("f:")
    assert sentence in str(caught.value)


@given(st.text(max_size=80))
def test_whatever_the_host_is_called_the_device_has_a_name(host: str) -> None:
    assert DEVICE.fullmatch(device_name(Pool(), host))


def test_a_device_is_called_as_its_host_unless_it_has_a_name() -> None:
    assert device_name(Pool(), "annas-laptop.local") == "annas-laptop"
    assert device_name(parse_config(FULL, "f").pool, "other") == "annas-laptop"
