"""report.html in a real browser: what readers see, click, type, copy and print. Skipped where there is no Chromium."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from probe.formats.html import render
from probe.frozen import replace
from probe.model import Probe, Purpose, Report
from probe.view.head import head
from probe.view.page import View
from tests.formats.large import large_report
from tests.formats.rich import rich_report
from tests.formats.test_html import HOSTILE, poisoned

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = (
    os.environ.get("PROBE_CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(os.environ.get("PROBE_AXE") or Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]
WORKS = "td.o.works"
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a report as a reader does, from a file. At the end nothing may have been logged, thrown or asked of a network."""
    contexts, complaints = [], []

    def open_one(report: Report | None = None, **options: Any) -> Any:
        file = tmp_path / "report.html"
        file.write_bytes(render(report or rich_report()).encode())
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: request.url in {file.as_uri(), "data:,"} or complaints.append(f"request: {request.url}"))
        page.goto(file.as_uri())
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def focused(page: Any) -> str:
    """Route and api-version of the cell that has the focus."""
    return page.evaluate("document.activeElement.parentElement.cells?.[0].textContent + ' ' + document.activeElement.dataset.v")


def violations(page: Any) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {[node['target'] for node in one['nodes']][:4]}" for one in found]


def candidates(report: Report) -> list[Probe]:
    """The probes that the page shows as cells: controls are evidence behind them."""
    return [one for one in report.evidence.probes if one.purpose is not Purpose.CONTROL]


def test_page_opens_with_the_answer_the_command_and_the_matrix(open_page: Open) -> None:
    page = open_page()
    report = rich_report()
    assert head(View(report))[0].lines[0] in page.inner_text("h1")
    assert "curl" in page.inner_text(".tabs .command:visible pre")
    assert page.locator("td.o").count() == len(candidates(report))
    assert page.locator(WORKS).first.inner_text().split() == ["works", "206"]
    assert not page.locator("dialog").is_visible()


def test_command_tabs_change_by_keyboard(open_page: Open) -> None:
    page = open_page()
    page.focus("#run-curl")
    page.keyboard.press("ArrowRight")
    assert "Invoke-WebRequest" in page.inner_text(".tabs .command:visible pre")
    page.keyboard.press("ArrowRight")
    assert "urllib.request" in page.inner_text(".tabs .command:visible pre")


def test_click_on_a_cell_opens_request_answer_verdict_citation_and_commands(open_page: Open) -> None:
    page = open_page()
    page.locator("td.o.not_found", has_text="404").first.click()
    details = page.inner_text("dialog")
    for text in (
        "no route",
        "bogus_route",
        "api-key",
        "REDACTED",
        "Resource not found",
        "apim-request-id",
        "azure.sora1.content",
        "learn.microsoft",
    ):
        assert text in details, text
    assert "$env:AZURE_OPENAI_API_KEY" in details
    page.click("#close")
    assert not page.locator("dialog").is_visible()


def test_details_show_key_paths_captures_links_and_every_attempt(open_page: Open) -> None:
    page = open_page()
    page.locator("td.o.metadata_only").first.click()
    assert "$.generations[*].id string" in page.inner_text("dialog")
    assert "generation_id" in page.inner_text("dialog")
    page.keyboard.press("Escape")
    page.locator("td.o.throttled").click()
    assert page.inner_text("dialog").count("Request and answer, attempt") == 3
    assert page.locator("dialog svg.phases rect").count() == 5 + 2 + 2


def test_keyboard_moves_opens_and_closes_without_losing_its_place(open_page: Open) -> None:
    page = open_page()
    page.focus(".grid td[tabindex='0']")
    start = focused(page)
    page.keyboard.press("ArrowRight")
    assert focused(page) != start
    page.keyboard.press("ArrowLeft")
    assert focused(page) == start
    page.keyboard.press("ArrowDown")
    below = focused(page)
    assert below != start
    page.keyboard.press("Enter")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    assert focused(page) == below
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == start
    page.keyboard.press("End")
    page.keyboard.press("Space")
    assert page.locator("dialog").is_visible()


def test_one_cell_of_a_table_is_in_the_tab_order(open_page: Open) -> None:
    page = open_page()
    tables = page.locator(".grid table").count()
    assert tables == 2
    assert page.locator("td[tabindex='0']").count() == tables
    page.locator("td.o").nth(3).focus()
    assert page.locator("td[tabindex='0']").count() == tables
    assert page.evaluate("document.activeElement.tabIndex") == 0


def test_filter_by_outcome_hides_cells_rows_and_empty_sections(open_page: Open) -> None:
    page = open_page()
    total = sum(one.control is None for one in rich_report().evidence.probes)
    for chip in page.locator(".chip:not([value=works])").all():
        chip.click()
    assert page.locator("td.o:visible").count() == 2
    assert page.locator(".grid tbody tr:not(.head):visible").count() == 1
    assert page.inner_text("#count") == f"2 / {total}"
    assert page.locator(".grid:visible").count() == 1
    assert page.evaluate("location.hash") == "#show=works"
    page.locator(".chip[value=unreachable]").click()
    assert page.locator(".grid:visible").count() == 2


def test_filter_by_text_searches_what_the_details_say(open_page: Open) -> None:
    page = open_page()
    page.fill("#search", "invalid SUBSCRIPTION")
    playwright.expect(page.locator("#count")).to_have_text(re.compile("^2 /"))
    assert page.locator("td.o:visible").all_inner_texts() == ["blocked 401", "blocked 401"]
    page.fill("#search", "no such text anywhere")
    playwright.expect(page.locator("#count")).to_have_text(re.compile("^0 /"))
    page.fill("#search", "")
    playwright.expect(page.locator("td.off")).to_have_count(0)


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_copy_gives_exactly_the_command_with_or_without_a_clipboard_of_the_page(open_page: Open, has_clipboard: bool) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"] if has_clipboard else [])
    if has_clipboard:
        page.evaluate("navigator.clipboard.writeText = async text => { window.copied = text; }")
    else:
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        page.evaluate("document.addEventListener('copy', () => { window.copied = document.activeElement.value; })")
    page.click(".tabs .command:visible .copy")
    playwright.expect(page.locator("#said")).to_have_text("Copied")
    assert page.evaluate("window.copied") == page.locator(".tabs .command:visible pre").text_content()
    page.locator(WORKS).first.click()
    page.locator("dialog .copy").nth(1).click()
    playwright.expect(page.locator("dialog [role=status]")).to_have_text("Copied")
    assert page.evaluate("window.copied").startswith("Invoke-WebRequest")
    assert page.locator("dialog textarea").count() == 0


def test_print_shows_head_table_and_commands_and_no_controls(open_page: Open) -> None:
    page = open_page()
    page.emulate_media(media="print")
    assert page.locator(".tabs .command:visible").count() == 3
    assert page.locator("td.o:visible").count() > 0
    for selector in (".copy", ".filter", "#keys", "dialog", ".tabs label", ".aside", "nav"):
        assert page.locator(f"{selector}:visible").count() == 0, selector
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_dark_and_light_are_different_pages(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    colour = "getComputedStyle(document.querySelector('td.o.works')).backgroundColor"
    dark = page.evaluate(colour)
    page.emulate_media(color_scheme="light")
    assert page.evaluate(colour) != dark


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_page_never_scrolls_sideways(open_page: Open, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("td.o.throttled").click()
    assert page.evaluate("document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth")


def test_page_without_script_is_a_whole_report(open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    assert page.locator("td.o:visible").count() == len(candidates(rich_report()))
    assert page.locator(".needs-js:visible").count() == 0
    page.locator("label[for=run-powershell]").click()
    assert "Invoke-WebRequest" in page.locator(".tabs .command:visible pre").inner_text()


def test_hostile_text_is_only_text_in_page_and_details(open_page: Open) -> None:
    text = " ".join(HOSTILE)
    page = open_page(poisoned(text))
    assert page.evaluate("document.querySelectorAll('img, iframe, textarea, main script').length") == 0
    shown = HOSTILE[0] + " " + HOSTILE[1]
    assert shown in page.inner_text("body")
    for index in range(page.locator("td.o").count()):
        page.locator("td.o").nth(index).evaluate("cell => cell.click()")
        assert shown in page.inner_text("dialog")
        assert page.evaluate("document.querySelectorAll('dialog img, dialog iframe, dialog script').length") == 0
        page.keyboard.press("Escape")


def test_policy_stops_a_script_that_came_in_anyway(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(
        render(rich_report()).replace("</main>", "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'></main>")
    )
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.evaluate("window.hit") is None
    page.close()


def test_5000_probes_open_filter_and_show_details(open_page: Open) -> None:
    report = large_report(5000)
    page = open_page(report)
    assert page.locator("td.o").count() == len(candidates(report))
    page.locator("td.o").last.evaluate("cell => cell.click()")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.fill("#search", "invalid subscription")
    page.locator("td.off").first.wait_for(state="attached")
    count = int(page.inner_text("#count").split()[0])
    assert page.locator("td.o:not(.off)").count() == count < 1000


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (npm install --no-save axe-core, or PROBE_AXE=axe.min.js)")
@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_axe_finds_no_barrier(open_page: Open, scheme: str, width: int) -> None:
    every = rich_report()
    page = open_page(
        replace(every, asks=("Which region?",)), color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    assert violations(page) == []
    page.locator("td.o.throttled").click()
    page.wait_for_timeout(250)
    assert violations(page) == []
