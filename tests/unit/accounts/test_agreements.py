"""Which plans there are, as the store keeps them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from monitor.accounts import agreements
from monitor.errors import StoreError
from monitor.store.engine import open_store
from tests.unit.commands.plan_stores import agreement

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with two plans, kept in the other order than that of their names."""
    made = tmp_path / "usage.db"
    plans = [agreement({"plan": {"id": name}}, at) for at, name in enumerate("ba")]
    with open_store(made, writable=True, create=True) as store:
        assert agreements.keep(store, plans, 100) == ["b", "a"]
        assert agreements.keep(store, plans, 200) == []
    return made


def test_plans_come_back_in_the_order_of_the_configuration(path: Path) -> None:
    with open_store(path, writable=False) as store:
        assert [each.plan.id for each in agreements.kept(store)] == ["b", "a"]


@pytest.mark.parametrize("body", ["no json", "{}", "[" * 5000, '{"plan": 1}'])
def test_a_plan_that_somebody_edited_is_named_until_the_daemon_writes_it_anew(
    path: Path, body: str
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE plan_terms SET body = ? WHERE plan = 'a'", (body,))
    with open_store(path, writable=True) as store:
        with pytest.raises(StoreError, match='what is kept of the plan "a" cannot be'):
            agreements.kept(store)
        agreements.keep(store, [agreement({"plan": {"id": "a"}})], 300)
        assert [each.plan.id for each in agreements.kept(store)] == ["a"]
