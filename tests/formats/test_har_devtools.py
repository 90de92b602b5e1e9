"""exchanges.har in Chromium's own DevTools: its importer takes every exchange. Skipped where there is no Chromium."""

from __future__ import annotations

import pytest

from probe.formats import FORMATS
from tests.formats.rich import rich_report
from tests.formats.test_html_browser import ARGS, CHROMIUM, playwright

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")]
IMPORT = """async (text) => {
    const {HARFormat, Importer} = await import('./models/har/har.js');
    const requests = Importer.Importer.requestsFromHARLog(new HARFormat.HARRoot(JSON.parse(text)).log);
    return requests.map((one) => [one.requestMethod, one.url(), one.statusCode]);
}"""


def test_the_devtools_import_every_exchange() -> None:
    report = rich_report()
    sent = [exchange for one in report.evidence.observations for exchange in one.exchanges]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page()
        page.goto("devtools://devtools/bundled/devtools_app.html")
        imported = page.evaluate(IMPORT, FORMATS.load("har")(report))
        browser.close()
    assert sorted(imported) == sorted(
        [one.request.method, one.request.url, one.response.status_code if one.response else 0] for one in sent
    )
