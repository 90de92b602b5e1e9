"""report.html without a browser: what its bytes promise."""

from __future__ import annotations

import base64
import gettext
import hashlib
import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from probe.diagnoses import headline, summary, why
from probe.formats import FORMATS
from probe.formats.html import MOST_ROWS, render
from probe.frozen import replace
from probe.model import Answer, Change, JsonPath, JsonValue, Outcome, Report
from probe.verdict import judge
from probe.view.escape import visible
from probe.view.matrix import grids
from probe.view.page import View
from tests import factories as make
from tests.each import each
from tests.formats.hostile_text import said
from tests.formats.large import large_report
from tests.formats.rich import denied_report, rich_report

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    "<!--",
    "--><svg onload=alert(4)>",
    '" onmouseover="alert(5)" x="',
    "' autofocus onfocus='alert(6)",
    "</textarea></title></style></template><iframe src=//evil.test>",
    "&lt;b&gt;&amp;&#60;i&#62;",
    "]]><![CDATA[<b>",
    "{{ 7 * 7 }}{% raw %}{# x #}",
    "line\u2028separator\u2029end",
    "nul\x00 escape\x1b[31m bell\x07",
    "right\u202eleft\u2066isolate\u200bzero\ufeff",
    "lone\ud800surrogate",
    "javascript:alert(7)",
)
"""Text that would make an element, an attribute, a script or a wrong impression if any place forgot to escape it."""


class Page(HTMLParser):
    """Elements with their attributes, and the text inside script and style elements."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, dict[str, str | None], str]] = []
        self.text = ""
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = (tag, dict(attrs)) if tag in {"script", "style"} else None
        if self._open:
            self.blocks.append((*self._open, ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.blocks[-1] = (*self._open, self.blocks[-1][2] + data)
        else:
            self.text += data

    def data(self) -> dict[str, Any]:
        """The JSON block."""
        [text] = [text for _tag, attributes, text in self.blocks if attributes.get("id") == "data"]
        return json.loads(text)


def shape(page: Page) -> list[tuple[str, tuple[str, ...]]]:
    """Every element with the names of its attributes: what no data may change."""
    return [(tag, tuple(attributes)) for tag, attributes in page.elements]


def poisoned(text: str) -> Report:
    """The rich report with `text` at every place where a server, a catalogue or a user puts one."""
    rich = rich_report()
    observations = []
    for one in rich.evidence.observations:
        exchanges = []
        for exchange in one.exchanges:
            answer = exchange.response and replace(
                exchange.response,
                reason_phrase=text,
                headers=((text, text), *exchange.response.headers),
                media_type=text,
                error_message=text,
                title=text,
                json_paths=(JsonPath(text, text),) * 2,
                values=(JsonValue(text, text),),
                request_ids=((text, text),),
                region=text,
            )
            request = replace(exchange.request, url=exchange.request.url + text, headers=((text, text),))
            exchanges.append(
                replace(exchange, response=answer, request=request, failure=exchange.failure and text, failure_detail=text)
            )
        observations.append(replace(one, exchanges=tuple(exchanges)))
    verdicts = [replace(one, diagnosis=replace(one.diagnosis, values=said(text), docs_url=text)) for one in rich.verdicts]
    evidence = replace(
        rich.evidence,
        observations=tuple(observations),
        probes=tuple(replace(one, url=one.url + text, reason=text, variant=text) for one in rich.evidence.probes),
        endpoints=tuple(replace(one, path=one.path + text, notes=text) for one in rich.evidence.endpoints),
        targets=tuple(replace(one, base_url=text, notes=(text,)) for one in rich.evidence.targets),
        artefacts=tuple(replace(one, title=text) for one in rich.evidence.artefacts),
        masked=((text, text),),
        notes=(text,),
    )
    return replace(
        rich,
        evidence=evidence,
        verdicts=tuple(verdicts),
        headline=make.text(text),
        next_step=make.text(text),
        asks=(make.text(text),),
        findings=(make.finding(text, text, text),),
        smallest_change=Change(text, text + text, (make.text(text),)),
    )


@pytest.fixture(scope="module")
def rich() -> Page:
    return Page(render(rich_report()))


@pytest.fixture(scope="module")
def harmless() -> list[tuple[str, tuple[str, ...]]]:
    return shape(Page(render(poisoned("harmless"))))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_element_and_no_attribute(text: str, harmless: list[tuple[str, tuple[str, ...]]]) -> None:
    page = Page(render(poisoned(text)))
    without_breaks = [one for one in shape(page) if one[0] != "wbr"]
    assert without_breaks == [one for one in harmless if one[0] != "wbr"]


@each(HOSTILE)
def test_hostile_text_arrives_as_text_with_unseen_characters_written_out(text: str) -> None:
    rendered = render(poisoned(text))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", rendered)
    page = Page(rendered)
    shown = visible(text)
    assert shown in page.text
    assert any(shown in str(verdict) or verdict == {} for verdict in page.data()["shared"])
    assert page.data()["probes"][0]["attempts"][0]["answer"][0] == [shown, shown]


def test_data_blocks_hold_no_character_that_could_end_a_script(rich: Page) -> None:
    [block] = [text for _tag, attributes, text in rich.blocks if attributes.get("id") == "data"]
    assert not re.search("[<>&\u2028\u2029]", block)


def test_policy_allows_the_pages_own_style_and_script_by_hash_and_nothing_else(rich: Page) -> None:
    [policy] = [
        one["content"] for tag, one in rich.elements if tag == "meta" and one.get("http-equiv") == "Content-Security-Policy"
    ]
    directives = dict(part.strip().split(" ", 1) for part in (policy or "").split(";"))
    hashes = {}
    for tag, attributes, text in rich.blocks:
        if attributes.get("type") != "application/json":
            hashes[tag] = "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
    assert directives == {
        "default-src": "'none'",
        "style-src": hashes["style"],
        "script-src": hashes["script"],
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_page_names_nothing_to_load_and_no_inline_handler(rich: Page) -> None:
    for tag, attributes in rich.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("src", "href", "action", "srcset", "data", "poster", "formaction", "background"):
            value = attributes.get(name)
            assert value in {None, "data:,"} or (tag == "a" and (value or "").startswith("#")), (tag, name)
    style = next(text for tag, _attributes, text in rich.blocks if tag == "style")
    assert "url(" not in style
    assert "@import" not in style


def test_policy_is_met_before_the_first_style_and_script(rich: Page) -> None:
    tags = [tag if tag != "meta" else str(one.get("http-equiv")) for tag, one in rich.elements]
    assert tags.index("Content-Security-Policy") < tags.index("style") < tags.index("script")


def test_every_probe_but_the_controls_has_one_cell_and_all_have_their_details(rich: Page) -> None:
    report = rich_report()
    cells = [int(one["data-p"] or -1) for tag, one in rich.elements if tag == "td" and "data-p" in one]
    assert sorted(cells) == [number for number, one in enumerate(report.evidence.probes) if one.control is None]
    buttons = {int(one["data-p"] or -1) for tag, one in rich.elements if tag == "button" and "data-p" in one}
    assert {number for number, one in enumerate(report.evidence.probes) if one.control} <= buttons
    assert [one["id"] for one in rich.data()["probes"]] == [one.id for one in report.evidence.probes]


def test_cells_carry_the_outcome_of_their_probe(rich: Page) -> None:
    report = rich_report()
    outcomes = {one.probe_id: one.diagnosis.outcome.value for one in report.verdicts}
    for tag, attributes in rich.elements:
        if tag == "td" and "data-p" in attributes:
            probe = report.evidence.probes[int(attributes["data-p"] or -1)]
            expected = outcomes.get(probe.id) or ("control" if probe.control else Outcome.SKIPPED.value)
            assert attributes["class"] == f"o {expected}"


def test_matrix_is_a_real_table_with_scoped_headers(rich: Page) -> None:
    scopes = {one.get("scope") for tag, one in rich.elements if tag == "th"}
    assert scopes == {"col", "row", "rowgroup"}
    assert "caption" in {tag for tag, _one in rich.elements}


def test_page_without_script_shows_answer_commands_verdicts_and_correlation_ids(rich: Page) -> None:
    report = rich_report()
    for text in (
        "Works: 2 requests return the file",
        "Run the command below.",
        '401 "Access denied due to invalid subscription key."',
        "curl ",
        "Invoke-WebRequest",
        "import base64",
        "7a1b0c1e-0000-4000-8000-000000000001",
    ):
        assert text in rich.text
    for verdict in report.verdicts:
        if verdict.diagnosis.outcome not in {Outcome.WORKS, Outcome.LINK, Outcome.METADATA_ONLY}:
            assert any(
                summary(one.diagnosis) in rich.text or why(one.diagnosis) in rich.text
                for one in report.verdicts
                if one.diagnosis.code == verdict.diagnosis.code
            )
    assert "needs video_id" in rich.text
    assert "sas signature" in rich.text


@pytest.mark.parametrize(("answer", "words"), [(Answer.NONE, "No route: "), (Answer.UNDECIDED, "expired")])
def test_report_without_a_working_route_says_so_and_offers_no_command(answer: Answer, words: str) -> None:
    rich = rich_report()
    verdicts = tuple(one for one in rich.verdicts if one.diagnosis.outcome not in {Outcome.WORKS, Outcome.LINK})
    code = "azure-route-unknown" if answer is Answer.NONE else "file-expired"
    decisive = next(one.probe_id for one in verdicts if one.diagnosis.code == code)
    report = replace(rich, answer=answer, working=(), verdicts=verdicts, smallest_change=None, decisive=(decisive,))
    page = Page(render(report))
    assert words in page.text
    assert "What to run" not in page.text


def test_report_of_a_scan_that_saw_nothing_is_still_a_page() -> None:
    rich = rich_report()
    empty = replace(rich.evidence, probes=(), observations=(), skipped=(), targets=(), masked=())
    page = Page(render(replace(rich, evidence=empty, verdicts=(), working=(), answer=Answer.UNDECIDED, smallest_change=None)))
    assert headline(rich) in page.text
    assert page.data()["probes"] == []


def test_a_large_report_keeps_its_page_small_and_its_details_out_of_the_document() -> None:
    rendered = render(large_report(1000))
    document, _start, block = rendered.partition('<script type="application/json" id="data">')
    assert document.count('<td class="o ') == sum(one.control is None for one in large_report(1000).evidence.probes)
    assert len(document) < 400_000
    assert len(json.loads(block.partition("</script>")[0])["probes"]) == 1000
    assert len(rendered) < 2_400_000


def one_target() -> Report:
    """A scan of one target at few api-versions."""
    return denied_report()


def test_one_target_at_few_versions_is_a_list_with_what_the_service_said() -> None:
    page = Page(render(one_target()))
    titles = [one for one in ("verdict", "request", "api-version", "response") if one in page.text]
    assert len(titles) == 4
    assert [one["class"] for tag, one in page.elements if tag == "div" and "grid" in (one.get("class") or "")] == ["grid list"]
    assert page.text.count('401 "Access denied due to invalid subscription key."') >= len(one_target().evidence.probes)


def test_several_targets_are_a_matrix(rich: Page) -> None:
    assert {one["class"] for tag, one in rich.elements if tag == "div" and "grid" in (one.get("class") or "")} == {"grid"}


def test_api_versions_that_tell_nothing_new_are_folded_away() -> None:
    versions = ("preview", *(f"2025-0{month}-01" for month in range(1, 9)))
    probes = [make.probe(id=one, api_version=one) for one in versions]
    answers = [make.mp4_response(), make.response(400), *(make.route_404() for _one in versions[2:])]
    seen = [(probe, make.observation(probe, answer)) for probe, answer in zip(probes, answers, strict=True)]
    report = judge(make.evidence(*seen), make.NOW)
    assert grids(View(report))[0].folded == {f"2025-0{month}-01" for month in range(2, 8)}
    page = Page(render(report))
    assert "Show 6 more api-versions" in page.text
    assert sum((one.get("class") or "").endswith("alike") for tag, one in page.elements if tag == "td") == 6


def test_a_huge_scan_is_cut_with_a_note() -> None:
    rendered = render(large_report(MOST_ROWS + 50))
    assert "The first 5000 of 5050 requests; all are in results.csv." in rendered
    assert "The first " not in render(large_report(100))


def test_filters_are_toggles_and_every_section_can_be_jumped_to(rich: Page) -> None:
    toggles = [one for tag, one in rich.elements if tag == "button" and "chip" in (one.get("class") or "")]
    assert toggles
    assert all(one["aria-pressed"] == "true" for one in toggles)
    ids = {one["id"] for _tag, one in rich.elements if one.get("id")}
    links = {(one["href"] or "")[1:] for tag, one in rich.elements if tag == "a"}
    assert links
    assert links <= ids


def test_the_ticket_can_be_copied_from_the_page(rich: Page) -> None:
    assert FORMATS.load("ticket")(rich_report()) in rich.text


def test_waterfall_runs_on_the_scans_clock_unless_its_bars_would_vanish() -> None:
    pauses = rich_report()
    assert {one["x"] for tag, one in Page(render(pauses)).elements if tag == "rect" and one["class"] == "dns"} == {"0.00%"}
    quick = []
    for number, one in enumerate(pauses.evidence.observations):
        start = pauses.evidence.started_at + timedelta(milliseconds=20 * number)
        quick.append(replace(one, exchanges=tuple(replace(exchange, started_at=start) for exchange in one.exchanges)))
    busy = replace(pauses, evidence=replace(pauses.evidence, observations=tuple(quick)))
    starts = [
        float((one["x"] or "").rstrip("%")) for tag, one in Page(render(busy)).elements if tag == "rect" and one["class"] == "dns"
    ]
    assert starts == sorted(set(starts))
    assert starts[0] == 0 < starts[-1] < 100


def test_same_report_gives_the_same_bytes() -> None:
    assert render(rich_report()) == render(rich_report())


def test_fixed_words_are_translated_and_the_page_names_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    class Marked(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return f"¤{message}" if message else "Language: fr\n"

    monkeypatch.setattr("probe.language._active", Marked())
    page = Page(render(rich_report()))
    assert page.elements[0] == ("html", {"lang": "fr"})
    assert page.data()["words"]["copy"] == "¤Copy"
    for words in ("What to run", "What was tried", "How this was measured", "metadata only", "known wrong route"):
        assert f"¤{words}" in page.text
