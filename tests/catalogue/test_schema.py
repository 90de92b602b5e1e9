import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import probe.catalogue
from probe.catalogue import nodes
from probe.catalogue.fields import DOCUMENT, schema
from probe.catalogue.kinds import Either, Many, Structure, Table
from probe.shipped import default_path
from tests.each import each

HERE = Path(__file__).parent
VALIDATOR = Draft202012Validator(schema())


def typed(node):
    """The value of a node by YAML 1.2's core schema, as an editor sees it."""
    if isinstance(node, nodes.Mapping):
        return {key: typed(value) for key, _, value in node.items()}
    if isinstance(node.value, list):
        return [typed(one) for one in node.value]
    if node.is_plain and node.value in ("true", "false", "null", "~", ""):
        return {"true": True, "false": False}.get(node.value)
    return int(node.value) if node.is_plain and node.value.isdecimal() else node.value


def parsed(path):
    problems = nodes.Problems()
    root = nodes.compose(path.read_text("utf-8"), path.name, problems)
    assert root is not None, problems.render()
    return typed(root)


def test_the_shipped_schema_is_the_one_that_the_definition_gives():
    shipped = Path(probe.catalogue.__file__).with_name("schema.json").read_text("utf-8")
    assert json.loads(shipped) == schema(), "write it anew: probe catalogue schema > probe/catalogue/schema.json"


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", [HERE / "good.yaml", default_path()], ids=lambda path: path.name)
def test_the_schema_accepts_good_catalogues(path):
    assert [error.message for error in VALIDATOR.iter_errors(parsed(path))] == []


@each(
    [
        "unknown-key",
        "unknown-key-at-top",
        "wrong-type-text",
        "wrong-type-list",
        "wrong-type-mapping",
        "wrong-type-flag",
        "wrong-type-number",
        "no-value",
        "empty-text",
        "empty-list",
        "missing-role",
        "missing-version",
        "future-version",
        "unknown-role",
        "unknown-standing",
        "unknown-provider",
        "id-without-dot",
        "request-without-method",
        "prefix-with-slash-at-end",
        "version-without-stage",
        "version-both",
        "date-of-source",
        "lifecycle-stage",
        "lifetime",
        "magic-bytes",
        "media-type",
        "id-name",
        "unknown-auth",
        "merge-key",
    ]
)
def test_the_schema_refuses_bad_catalogues(name):
    assert list(VALIDATOR.iter_errors(parsed(HERE / "bad" / f"{name}.yaml")))


def records(kind):
    if isinstance(kind, Structure):
        yield kind
        for field in kind.fields:
            yield from records(field.kind)
    elif isinstance(kind, Many | Table):
        yield from records(kind.item)
    elif isinstance(kind, Either):
        yield from records(kind.record)


def test_every_key_has_a_description_and_its_examples_fit():
    for record in records(DOCUMENT):
        for field in record.fields:
            assert field.doc.endswith("."), field.name
            for example in field.examples:
                Draft202012Validator(field.kind.schema()).validate(example)
