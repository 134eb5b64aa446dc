"""The browser that other tests look through sees what they rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import PHONE, accessibility_faults, blank_page, chromium

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.needs("chromium")

GOOD = """<!doctype html><html lang="en"><title>Good</title>
<body style="background: light-dark(#fff, #000)"><main><h1>Good</h1></main>"""
BAD = """<!doctype html><html><body><img src="http://127.0.0.1:9/x.png"></body>
<script>console.error("a complaint"); fail();</script>"""


def test_a_good_page_has_no_faults_and_a_bad_one_is_caught(tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        with blank_page(browser, PHONE, "dark") as (page, witness):
            page.set_content(GOOD)
            assert accessibility_faults(page) == []
            assert (witness.requests, witness.complaints) == ([], [])
            assert page.evaluate("innerWidth") == PHONE[0]
            assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        with blank_page(browser) as (page, witness):
            page.set_content(BAD)
            faults = accessibility_faults(page)
    rules = {fault.partition(":")[0] for fault in faults}
    assert rules >= {"image-alt", "html-has-lang", "document-title"}
    assert witness.requests == ["http://127.0.0.1:9/x.png"]
    assert {"a complaint", "fail is not defined"} <= {*witness.complaints}
