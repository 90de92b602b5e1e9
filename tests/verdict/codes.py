"""Collect from the source every code that a verdict or a finding can have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import probe.verdict

MAKERS = {"diagnosis", "Finding", "Cause", "Failure", "_known"}


def emitted() -> set[str]:
    """Every constant that reaches the `code` of a diagnosis, a finding or a row of a table."""
    folder = Path(probe.verdict.__file__).parent
    return {code for path in folder.glob("*.py") for code in _codes(ast.parse(path.read_text(encoding="utf-8")))}


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS and node.args:
            yield from _constants(node.args[0])
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
            yield from _constants(node.value)
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_code"):
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value is not None:
                    yield from _constants(one.value)


def _constants(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
