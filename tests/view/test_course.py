"""The picture of a watch and of a comparison: what changed when, what is flaky, and the same in words for who cannot see it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from probe.formats import difference as written
from probe.formats import html
from probe.frozen import replace
from probe.model import Note, Report
from probe.verdict import judge
from probe.view.course import course, course_of_change
from probe.view.difference import difference
from probe.view.page import View
from tests.scanning import Scanned, scan, world


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    with world("sora1") as server:
        return scan(server, tmp_path_factory.mktemp("scan"))


def watched(scanned: Scanned, *statuses: int) -> Report:
    """The scan as a watch in whose rounds, a minute apart, the best route returned these statuses."""
    evidence, best = scanned.evidence, scanned.report.working[0]
    start = evidence.started_at
    seen = []
    for one in evidence.observations:
        last = one.exchanges[-1] if one.exchanges else None
        if one.probe_id == best and last and last.response:
            rounds = tuple(
                replace(
                    last,
                    attempt=at + 1,
                    started_at=start + timedelta(minutes=at),
                    response=replace(last.response, status_code=code),
                )
                for at, code in enumerate(statuses)
            )
            seen.append(replace(one, exchanges=rounds))
        else:
            seen.append(one)
    notes = tuple(
        Note(
            "watch-changed", (("at", f"{start + timedelta(minutes=at):%Y-%m-%d %H:%M:%S} UTC"), ("said", said), ("answer", answer))
        )
        for at, said, answer in ((0, "not yet <b>", "undecided"), (len(statuses) - 1, "it works", "works"))
    )
    ended = start + timedelta(minutes=len(statuses))
    return judge(replace(evidence, observations=tuple(seen), notes=(*evidence.notes, *notes), ended_at=ended), ended)


def test_a_scan_that_watched_nothing_has_no_picture(scanned: Scanned) -> None:
    assert course(View(scanned.report)) is None
    assert 'id="course"' not in html.render(scanned.report)


def test_lanes_show_what_changed_when_and_a_flaky_route_is_named(scanned: Scanned) -> None:
    drawn = course(View(watched(scanned, 404, 404, 206, 404, 206, 206)))
    assert drawn is not None
    answer, route = drawn.lanes[:2]
    assert [(one.label, one.kind) for one in answer.stretches] == [("undecided", "pending"), ("works", "works")]
    assert [one.label for one in route.stretches] == ["404", "206", "404", "206"]
    assert sum(float(one.width) for one in route.stretches) == pytest.approx(100, abs=1)
    assert route.is_flaky
    assert len(drawn.flaky) == 1
    assert drawn.flaky[0].startswith(route.name)
    steady = course(View(watched(scanned, 404, 404, 206)))
    assert steady is not None
    assert steady.flaky == ()
    assert [one.label for one in steady.lanes[1].stretches] == ["404", "206"]


class Pictures(HTMLParser):
    """The `svg` elements of a page, each as text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.is_inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "svg" and ("class", "course") in attrs:
            self.is_inside = True
            self.found.append("")
        if self.is_inside:
            self.found[-1] += self.get_starttag_text() or ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.is_inside:
            self.found[-1] += self.get_starttag_text() or ""

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            self.found[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if self.is_inside:
            self.found[-1] += f"</{tag}>"
        self.is_inside = self.is_inside and tag != "svg"


def test_each_picture_is_whole_and_says_in_words_what_it_shows(scanned: Scanned) -> None:
    page = html.render(watched(scanned, 404, 206, 404, 206))
    pictures = [ET.fromstring(one) for one in Pictures(page).found]
    assert len(pictures) >= 2
    for one in pictures:
        assert one.get("role") == "img"
        assert one.get("aria-label") == one.findtext("title") != ""
        assert not any(name in part.attrib for part in one.iter() for name in ("style", "onload", "href"))
    assert "Flaky" in page
    assert "<b>" not in page.partition('id="course"')[2].partition("</section>")[0].replace("<b> ", "")


def test_a_comparison_is_a_page_without_a_script(scanned: Scanned, tmp_path: Path) -> None:
    found = difference(watched(scanned, 206), watched(scanned, 404))
    drawn = course_of_change(found)
    assert [one.label for one in drawn.lanes[0].stretches] == list(found.answers)
    page = written.as_html(found)
    assert "<script" not in page
    assert "script-src &#39;none&#39;" in page
    assert len(Pictures(page).found) == len(drawn.lanes) == 1 + len(found.changed)
    assert written.as_html(difference(scanned.report, scanned.report)).count("No difference") == 2
