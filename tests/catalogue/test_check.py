"""The maintainer's script reads routes and ends off a wheel."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

from tests.catalogue_check import check, routes

OPENAI = """
    @typing_extensions.deprecated("gone on 2027-01-02")
    def content(self, file_id):
        return self._get(
            path_template("/files/{file_id}/content", file_id=file_id),
        )

    def fresh(self):
        return self._get("/brand/new/content")

    def list(self):
        return self._get_api_list(
            "/files",
        )
"""
AZURE = """
def build_threads_get_request(thread_id, **kwargs):
    _url = "/threads/{threadId}"
    return HttpRequest(method="GET", url=_url, params=_params)
"""


def test_requests_are_read_off_the_code_of_both_generators() -> None:
    assert [(one.method, one.path, one.deprecated) for one in routes(OPENAI)] == [
        ("GET", "/files/{file_id}/content", '"gone on 2027-01-02"'),
        ("GET", "/brand/new/content", None),
        ("GET", "/files", None),
    ]
    assert [(one.method, one.path) for one in routes(AZURE)] == [("GET", "/threads/{threadId}")]


def test_the_difference_is_dated_and_names_what_is_new_missing_and_ending(tmp_path: Path) -> None:
    wheel = tmp_path / "openai-9.9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("openai/resources/files.py", OPENAI)
    lines = list(check([wheel], date(2026, 11, 26)))
    assert lines[0].startswith("# 2026-11-26, catalogue of ")
    assert "+ GET /brand/new/content: delivers something, and no entry names it" in lines
    assert '~ openai.files.content: deprecated in the wheel, not here: "gone on 2027-01-02"' in lines
    assert any(line.startswith("- GET /files/{}: documented here") for line in lines)
