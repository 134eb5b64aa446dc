"""What the tests of the dashboard share: a past, a server on it, a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import blank_page, chromium
from tests.web.stage import Past, Web, make_past, now_s, web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.web.stage import Shown


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """Days of usage with a gap, plans, alerts and bad names; nobody writes any more."""
    return make_past(tmp_path_factory.mktemp("past") / "usage.db", now_s())


@pytest.fixture(scope="module")
def server(past: Past, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """`esimmon web` on that past."""
    with web(past.store, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser of its own for each file: its loop would be in the way of others."""
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def shown(server: Web, browser: Browser) -> Iterator[Shown]:
    """The page as it is first shown on a desktop; nothing may have gone wrong."""
    with blank_page(browser) as (page, witness):
        server.open(page)
        yield page, witness
    assert witness.complaints == []
