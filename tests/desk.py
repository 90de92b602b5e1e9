"""A working folder with a small catalogue and a key, and the command called in it, in this process and on loopback only."""

from __future__ import annotations

from pathlib import Path

import pytest

import probe.cli
from tests.guard import loopback_only

KEY = "CANARY-4f1d9c2b7e6a5038"
CATALOGUE = """\
version: 1
updated: 2026-11-20
surfaces:
  azure-v1: {provider: azure, prefix: /openai/v1, api_version: optional}
  generic: {provider: generic, prefix: "", api_version: unused}
  openai: {provider: openai, prefix: /v1, api_version: unused}
artefacts:
  clip: {title: Clip, media_types: [video/mp4], ids: {job_id: {prefixes: [task_], bogus: task_0}}}
endpoints:
  - {id: azure.clip, artefact: clip, role: download, request: "GET /openai/v1/clips/{job_id}", api_versions: [preview], \
sources: [{at: tests, read: 2026-11-20}]}
  - {id: generic.clip, artefact: clip, role: download, request: "GET /clips/{job_id}", sources: [{at: tests, read: 2026-11-20}]}
  - {id: openai.clip, artefact: clip, role: download, request: "GET /v1/clips/{job_id}", sources: [{at: tests, read: 2026-11-20}]}
"""


def furnish(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go into an empty folder with `small.yaml` in it and the key in its variable."""
    (folder / "small.yaml").write_text(CATALOGUE)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    return folder


def call(*arguments: str) -> int:
    """Run the command here; returns its exit code. Nothing may try to leave loopback."""
    with loopback_only() as reached, pytest.raises(SystemExit) as ended:
        probe.cli.main(list(arguments))
    assert reached == []
    return int(ended.value.code or 0)


def newest_run() -> Path:
    """The run folder that was written last."""
    return max(Path("reports").iterdir(), key=lambda one: one.stat().st_mtime_ns)
