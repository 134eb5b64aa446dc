"""The page as people use it: by mouse, by keyboard, on a phone, in the dark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from monitor.escapes import visible
from monitor.units import format_duration, format_size
from tests.browser import DESKTOP, PHONE, accessibility_faults, blank_page
from tests.unit.standings import PACK, WWAN, document
from tests.web.stage import (
    APPLICATIONS,
    DAY_S,
    MARKUP,
    RIGHT_TO_LEFT,
    settle,
    web,
    write_status,
)

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.web.stage import Past, Shown, Web

pytestmark = pytest.mark.needs("chromium")

SIZES = [0, 1, 999, 1000, 1005, 9_995, 999_499, 999_500, 999_999, 1_234_567, 10**9 - 1]
SIZES += [10**9, 12_345_678_901, 999_994_999_999, 999_995_000_000, 2**53 - 1, -1500]
LENGTHS = [0, 1, 59, 60, 3599, 3600, 86_399, 86_400, 90_061, 400 * 86_400]


def _texts(page: Page, selector: str) -> list[str]:
    return [each.strip() for each in page.locator(selector).all_text_contents()]


def _figures(page: Page) -> dict[str, list[str]]:
    """Name, down and up of each line of the applications."""
    rows = page.locator("#applications tbody tr").all()
    cells = [
        [c.strip() for c in row.locator("th, td").all_inner_texts()] for row in rows
    ]
    return {name: numbers for name, *numbers in cells}


def test_figures_are_those_of_the_documents(shown: Shown, server: Web) -> None:
    page, _ = shown
    usage = server.json("/api/usage?period=month")
    assert {name: cells[:2] for name, cells in _figures(page).items()} == {
        row["label"]: [format_size(row["rx_bytes"]), format_size(row["tx_bytes"])]
        for row in usage["applications"]
    }
    down = format_size(usage["total"]["rx_bytes"])
    assert f"{usage['text']}: {down} down" in page.inner_text("#shown")
    page.locator("#numbers summary").click()
    parts = [
        format_size(rx) if rx or tx or blind < to - since else "unknown"
        for since, to, rx, tx, blind in usage["parts"]
    ]
    expect(page.locator("#parts td:nth-child(2)")).to_have_text(parts)
    words = server.json("/api/standing")["words"]
    turn = words["home"]["turn"].partition(", in ")[0]
    assert _texts(page, ".card .turn")[0].startswith(turn)
    assert _texts(page, ".card .left")[0] == words["home"]["left"]
    background = {n: cells[3] for n, cells in _figures(page).items() if cells[3]}
    assert set(background) == {"apt", visible(RIGHT_TO_LEFT)}


def test_sizes_and_lengths_are_written_as_in_the_terminal(shown: Shown) -> None:
    page, _ = shown
    script = "async ([name, all]) => all.map((await import('/units.js'))[name])"
    assert page.evaluate(script, ["size", SIZES]) == [
        format_size(each) for each in SIZES
    ]
    assert page.evaluate(script, ["duration", LENGTHS]) == [
        format_duration(each) for each in LENGTHS
    ]


def test_it_asks_nobody_else_and_the_token_leaves_the_address(
    shown: Shown, server: Web
) -> None:
    page, witness = shown
    assert witness.requests
    assert all(each.startswith(f"{server.address}/") for each in witness.requests)
    assert server.token not in page.url
    page.reload()
    settle(page)
    assert "firefox" in _figures(page)
    assert page.evaluate("[document.cookie, Object.keys(localStorage).length]") == [
        "",
        0,
    ]


def test_a_bar_that_is_clicked_shows_its_applications(
    shown: Shown, server: Web
) -> None:
    page, _ = shown
    page.get_by_role("button", name="Week").click()
    settle(page)
    usage = server.json("/api/usage?period=week")
    chosen = max(usage["parts"], key=lambda part: part[2])
    share = ((chosen[0] + chosen[1]) / 2 - usage["from_s"]) / (
        usage["to_s"] - usage["from_s"]
    )
    over = page.locator("#graph .u-over")
    box = over.bounding_box()
    assert box is not None
    over.click(position={"x": box["width"] * share, "y": box["height"] / 2})
    page.get_by_role("button", name="Show the whole period").wait_for()
    settle(page)
    hour = server.json(f"/api/applications?from={chosen[0]}&to={chosen[1]}")
    assert _figures(page)["firefox"][0] == format_size(
        hour["applications"][0]["rx_bytes"]
    )
    assert f"pick={chosen[0]}-{chosen[1]}" in page.url
    picked = page.inner_text("#picked")
    expect(page.get_by_role("status")).to_have_text(f"Applications: {picked}")
    page.get_by_role("button", name="Show the whole period").click()
    settle(page)
    assert page.inner_text("#picked") == usage["text"]


def test_dragging_zooms_and_back_goes_back(shown: Shown) -> None:
    page, _ = shown
    before = page.inner_text("#shown")
    box = page.locator("#graph .u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, y, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))
    settle(page)
    assert page.inner_text("#shown") != before
    page.go_back()
    expect(page.locator("#shown")).to_have_text(before)


def test_zooming_goes_down_to_five_minutes_and_up_to_years(shown: Shown) -> None:
    page, _ = shown
    lengths = []
    for name in ["Zoom in"] * 10 + ["Zoom out"] * 20:
        page.get_by_role("button", name=name).click()
        settle(page)
        lengths.append(_length_s(page))
    assert min(lengths) == 3600
    assert max(lengths) == lengths[-1] > 19 * 365 * 86_400
    page.locator("#numbers summary").click()
    assert re.fullmatch(
        r"[A-Z][a-z]{2} \d{4}", page.inner_text("#parts tr >> nth=0 >> th")
    )


def _length_s(page: Page) -> int:
    found = re.search(r"from=(\d+)&to=(\d+)", page.url)
    return int(found[2]) - int(found[1]) if found else 0


def test_all_of_it_goes_by_keyboard(shown: Shown, server: Web, past: Past) -> None:
    page, _ = shown
    asked = f"?from={past.end_s - 5 * DAY_S}&to={past.end_s}"
    server.open(page, asked)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to usage"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "graph":
            break
    graph = page.locator("#graph:focus")
    last = graph.get_attribute("aria-valuetext") or ""
    page.keyboard.press("ArrowLeft")
    assert graph.get_attribute("aria-valuetext") != last
    page.keyboard.press("End")
    assert graph.get_attribute("aria-valuetext") == last
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Show the whole period").wait_for()
    part = server.json(f"/api/usage{asked}")["parts"][-1]
    assert f"pick={part[0]}-{part[1]}" in page.url
    page.keyboard.press("+")
    page.wait_for_url(lambda address: "pick" not in address)
    settle(page)
    assert _length_s(page) < 5 * DAY_S
    assert page.evaluate("document.activeElement.id") == "graph"
    page.locator("[data-sort=label]").focus()
    page.keyboard.press("Enter")
    names = list(_figures(page))
    assert names == sorted(names, key=str.lower)
    assert (
        page.locator("th[aria-sort=ascending]").inner_text().startswith("application")
    )


def test_earlier_and_later_go_by_the_calendar(shown: Shown, server: Web) -> None:
    page, _ = shown
    for name in ("Day", "Week", "Month", "Year"):
        page.get_by_role("button", name=name, exact=True).click()
        settle(page)
        here = page.inner_text("#shown").partition(":")[0]
        page.locator("#earlier").click()
        settle(page)
        period = re.search(r"period=([^&]+)", page.url)
        assert period is not None
        before = server.json(f"/api/usage?period={period[1]}")
        assert page.inner_text("#shown").startswith(before["text"])
        page.locator("#later").click()
        settle(page)
        assert page.inner_text("#shown").startswith(here)


def test_a_plan_and_a_network_can_be_looked_at_alone(shown: Shown, server: Web) -> None:
    page, _ = shown
    page.get_by_role("button", name="Show this cycle").click()
    page.wait_for_url(re.compile("plan=home"))
    settle(page)
    pressed = page.get_by_role("button", name="Cycle of home")
    assert pressed.get_attribute("aria-pressed") == "true"
    page.select_option("#plan", "")
    key = server.json("/api/networks")["networks"][1]["key"]
    page.select_option("#network", key)
    page.wait_for_url(re.compile("network="))
    settle(page)
    month = server.json(f"/api/usage?period=month&network={key}")["total"]
    assert f"{format_size(month['rx_bytes'])} down" in page.inner_text("#shown")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_it_is_good_for_everybody_at_any_width_and_in_the_dark(
    server: Web,
    browser: Browser,
    tmp_path: Path,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    with blank_page(browser, size, scheme, reduced_motion="reduce") as (page, witness):
        server.open(page, "?period=week")
        for summary in page.locator("summary").all():
            summary.click()
        assert accessibility_faults(page) == []
        # Nothing but tables, in their own frames, is wider than the screen.
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        colours = page.evaluate(_COLOURS)
        page.screenshot(path=tmp_path / "page.png", full_page=True)
    assert witness.complaints == []
    assert len(colours) >= 4, "the graph is drawn: ground, down, up, hatching"
    dark, light = "14,17,22", "246,248,250"
    assert colours["ground"] == (dark if scheme == "dark" else light)


# Which colours the graph has, by counting its pixels.
_COLOURS = """() => {
  const ground = getComputedStyle(document.body).backgroundColor;
  const found = {ground: ground.match(/\\d+/g).join()};
  const canvas = document.querySelector("#graph canvas");
  const {width, height} = canvas;
  const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 255) {
      const name = data.slice(at, at + 3).join();
      found[name] = (found[name] ?? 0) + 1;
    }
  }
  return found;
}"""


def test_names_of_others_are_text_and_nothing_else(shown: Shown) -> None:
    page, _ = shown
    assert set(map(visible, APPLICATIONS)) <= set(_figures(page))
    assert MARKUP in page.inner_text("#holding")
    assert page.locator("main img, main script, main b:not(.list b)").count() == 0
    assert page.evaluate("document.querySelectorAll('bdi').length") >= len(APPLICATIONS)
    networks = page.inner_text("#networks")
    assert "</td><b>café</b>" in networks
    assert "\u202e" not in page.inner_text("body")


def test_a_daemon_that_begins_is_seen_and_nothing_is_made_anew(
    past: Past, browser: Browser, tmp_path: Path
) -> None:
    with web(past.store, tmp_path) as running, blank_page(browser) as (page, witness):
        page.clock.install()
        running.open(page)
        assert "No daemon is running" in page.inner_text("#now")
        page.evaluate("document.querySelector('#applications tbody tr').mark = 'same'")
        write_status(past, tmp_path, document([WWAN, PACK]))
        page.clock.run_for(61_000)
        expect(page.locator("#now")).to_have_text("now 0 B/s down, 0 B/s up")
        expect(page.locator(".card h3")).to_have_text(["wwan", "pk"])
        mark = "document.querySelector('#applications tbody tr').mark"
        assert page.evaluate(mark) == "same"
        assert witness.complaints == []


def test_what_is_wrong_is_said_in_words(
    server: Web, browser: Browser, tmp_path: Path
) -> None:
    with blank_page(browser) as (page, _):
        page.goto(server.address)
        assert "Open the address" in page.inner_text("#trouble")
        page.goto(f"{server.address}/#token=wrong")
        page.reload()
        page.wait_for_selector("html[data-shown=trouble]", state="attached")
        assert "open the address" in page.inner_text("#trouble")
        assert accessibility_faults(page) == []
    with (
        web(tmp_path / "none.db", tmp_path) as running,
        blank_page(browser) as (
            page,
            _,
        ),
    ):
        page.goto(f"{running.address}/#token={running.token}")
        page.wait_for_selector("html[data-shown=trouble]", state="attached")
        assert "esimmon run" in page.inner_text("#trouble")
