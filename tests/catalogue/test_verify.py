"""A vendor's description confirms entries, contradicts them, or shows what is missing."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from probe.catalogue import load
from probe.catalogue.openapi import Description
from probe.catalogue.verify import FOUND, Deviation, known, verify
from tests.catalogue.test_importer import get, spec

OWN = """
version: 1
updated: "2026-11-20"
surfaces: {openai: {provider: openai, prefix: /v1, api_version: unused}}
artefacts:
  clip: {title: A clip, media_types: [video/mp4], ids: {clip_id: {}}}
endpoints:
"""
ENTRY = """
  - id: openai.clip.%s
    artefact: clip
    role: download
    request: GET /v1%s
    sources: [{at: the reference, read: "2026-11-20"}]
"""


def compared(tmp_path, paths, **entries):
    file = tmp_path / "own.yaml"
    file.write_text(OWN + "".join(ENTRY % (name.replace("_", "-"), path) for name, path in entries.items()))
    document = Description(spec(paths, servers=[{"url": "https://api.openai.com/v1"}]), "spec")
    return [(one.what, one.endpoint or one.request) for one in verify(load([file]), document)]


def test_each_documented_entry_is_found_or_says_what_differs(tmp_path):
    video = {"type": "string", "format": "binary"}
    needed = [{"in": "query", "name": "limit", "required": True}, {"in": "header", "name": "OpenAI-Beta", "required": True}]
    paths = {
        "/good/{id}/content": get(video, "video/mp4"),
        "/posted/{id}": {"post": {}},
        "/old/{id}": get(video, "video/mp4", deprecated=True),
        "/needs/{id}": get(video, "video/mp4", parameters=needed),
        "/other/{id}": get(video, "image/png"),
        "/new/{id}/content": get(video, "video/mp4"),
        "/json/{id}": get({}),
    }
    found = compared(
        tmp_path,
        paths,
        good="/good/{clip_id}/content",
        posted="/posted/{clip_id}",
        gone="/gone/{clip_id}",
        old="/old/{clip_id}",
        needs="/needs/{clip_id}",
        other="/other/{clip_id}",
    )
    assert found == [
        (FOUND, "openai.clip.good"),
        ("other-method", "openai.clip.posted"),
        ("absent", "openai.clip.gone"),
        ("deprecated", "openai.clip.old"),
        ("missing-query", "openai.clip.needs"),
        ("missing-header", "openai.clip.needs"),
        ("media-type", "openai.clip.other"),
        ("unnamed", "GET /v1/new/{id}/content"),
    ]


def test_swagger_and_a_dated_version_ask_only_about_what_is_tried_with_it(tmp_path):
    document = {
        "swagger": "2.0",
        "basePath": "/openai",
        "info": {"title": "Azure", "version": "2025-03-01-preview"},
        "paths": {"/responses/{response_id}": {"get": {"responses": {"200": {"schema": {"type": "object"}}}}}},
    }
    rows = verify(load(), Description(json.dumps(document).encode(), "spec"), "azure")
    assert (FOUND, "azure.container-classic.response") in [(one.what, one.endpoint) for one in rows]
    assert "azure.files-classic.content" not in [one.endpoint for one in rows]


def test_a_known_difference_needs_its_reason_and_covers_only_what_it_names():
    (one,) = known(["# remark", "", "openai-*  absent  openai.session.*  newer than the description"])
    assert one.covers("openai-openapi.yaml", Deviation("absent", "openai.session.list", "GET /x"))
    assert not one.covers("azure.json", Deviation("absent", "openai.session.list", "GET /x"))
    assert not one.covers("openai-openapi.yaml", Deviation("deprecated", "openai.session.list", "GET /x"))
    with pytest.raises(ValueError, match="line 1: needs"):
        known(["openai-*  absent  openai.session.*"])


def test_the_list_of_known_differences_names_entries_that_are_there():
    lines = (Path(__file__).parent / "known_differences.txt").read_text("utf-8").splitlines()
    entries = [one.id for one in load().endpoints]
    for one in known(lines):
        assert one.what == "unnamed" or any(fnmatchcase(name, one.about) for name in entries), one
