"""Family handed over: a finished conversation that names no file, whatever its text promises."""

from __future__ import annotations

import re

from probe.jsonpath import SANDBOX, value_at
from probe.model import Confidence, Diagnosis
from probe.verdict.case import Case
from probe.verdict.success import useful_links

_NAMING = re.compile(r"annotations|attachments|image_file")
"""Where the answer of a conversation names its files; which endpoints have such answers, their capture paths say."""
_TYPE = re.compile(r".*\.annotations\[\d+\]\.type")
_INPUTS = ("file_citation",)
"""Annotations that point at a file which was uploaded, and which the service does not give out again."""


def no_file(case: Case) -> Diagnosis | None:
    """The conversation is finished, and nothing in it names a file: a path inside the sandbox is a text, a citation is an input."""
    response = case.response
    if response is None or not case.is_ok or not _is_conversation(case) or not response.json_paths:
        return None
    if (fact := case.fact) is not None and fact.state not in (None, "ready"):
        return None
    if case.captures or response.embedded or useful_links(response) or "true" in value_at(response, "$.has_more"):
        return None
    paths = {one.path for one in response.json_paths}
    if not paths & {"$.output", "$.data[*].content", "$.content"}:
        return None
    cites = ("response.json_paths", "response.values")
    if any(value.value == SANDBOX for value in response.values):
        return case.found("sandbox-path-only", *cites)
    kinds = {value.value for value in response.values if _TYPE.fullmatch(value.path)}
    if kinds & set(_INPUTS):
        return case.found("cites-input-only", *cites, cited=", ".join(sorted(kinds)))
    is_empty = "$.output" in paths and not any(path.startswith("$.output[*]") for path in paths)
    return case.found("no-file-produced", *cites, variant="empty" if is_empty else "", confidence=Confidence.MEDIUM)


def _is_conversation(case: Case) -> bool:
    """Whether answers of this endpoint name files in annotations and attachments."""
    rules = case.endpoint.captures if case.endpoint else ()
    return any(_NAMING.search(path) for rule in rules for path in rule.paths)


def is_without_file(case: Case) -> bool:
    """Whether another answer about the same kind at the same target is complete and names no file, so that none is to be given."""
    kind = case.artefact.name if case.artefact else ""
    return any(no_file(other) is not None for other in case.scan.kinds.get((case.target.name, kind), ()))


RULES = (no_file,)
