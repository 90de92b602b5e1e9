"""The shape of the package: layers, one door for each third-party package, tables that agree with their folders, file sizes."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from tests.each import each
from tests.sources import FILES, PACKAGE, nodes, tree

ROOT = Path(__file__).resolve().parent.parent
NAMES = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in FILES}

LAYERS = {
    "frozen": -1,
    "model": 0,
    "errors": 0,
    "language": 0,
    "registry": 1,
    "jsonpath": 1,
    "entra": 1,
    "sniff": 1,
    "whole": 1,
    "naming": 2,
    "redact": 1,
    "anonymise": 2,
    "retry": 2,
    "listing": 1,
    "shipped": 1,
    "catalogue": 3,
    "providers": 2,
    "transport": 3,
    "shell": 1,
    "facts": 1,
    "diagnoses": 1,
    "intake": 3,
    "plan": 4,
    "runner": 4,
    "verdict": 4,
    "view": 4,
    "runs": 4,
    "vantage": 4,
    "planned": 4,
    "formats": 5,
    "recall": 5,
    "waiting": 5,
    "receiving": 5,
    "webhook": 5,
    "order": 5,
    "reports": 6,
    "pipeline": 7,
    "proposal": 4,
    "repair": 5,
    "diagnosing": 7,
    "discovery": 8,
    "doctor": 8,
    "download": 8,
    "follow": 8,
    "merging": 8,
    "fleet": 8,
    "cli": 9,
}
APART = {"", "__main__", "_build", "simulator"}
DOORS = {
    "httpx": {"transport"},
    "httpcore": {"transport"},
    "h11": {"transport"},
    "truststore": {"transport"},
    "socksio": {"transport"},
    "yaml": {"catalogue"},
    "click": {"cli"},
    "rich": {"cli"},
    "dotenv": {"cli"},
    "azure": {"entra"},
    "dask": {"fleet"},
    "distributed": {"fleet"},
    "tabulate": {"formats"},
    "jinja2": {"formats"},
    "markupsafe": {"formats"},
    "jsonpath": {"jsonpath"},
    "msgspec": {"frozen", "catalogue", "runs"},
    "starlette": {"simulator"},
    "uvicorn": {"simulator"},
    "setuptools": {"_build"},
    "babel": {"_build"},
}


def part(name: str) -> str:
    """`probe.formats.json` -> `formats`; the package itself is ""."""
    return name.split(".")[1] if "." in name else ""


def imports(path: Path) -> Iterator[str]:
    """Every imported module of a file, nested imports and those for type checking too."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" if node.module == "probe" else str(node.module) for alias in node.names)


@each(FILES, NAMES.__getitem__)
def test_a_module_imports_only_from_lower_layers(path: Path) -> None:
    own = part(NAMES[path])
    for name in imports(path):
        if name.split(".")[0] != "probe":
            continue
        other = part(name)
        if other == own or other == "__version__" or name == "probe":
            continue
        if own in APART:
            assert own != "simulator", f"{NAMES[path]} imports {name}: the simulator imports nothing from probe"
            continue
        if other == "simulator":
            assert NAMES[path] in ("probe.cli.demo", "probe.cli.simulate"), f"{NAMES[path]} imports the simulator"
            continue
        assert LAYERS[other] < LAYERS[own], f"{NAMES[path]} (layer {LAYERS[own]}) imports {name} (layer {LAYERS[other]})"


@each(FILES, NAMES.__getitem__)
def test_a_third_party_package_has_one_door(path: Path) -> None:
    import sys

    for name in imports(path):
        package = name.split(".")[0]
        if package == "probe" or package in sys.stdlib_module_names:
            continue
        assert package in DOORS, f"{NAMES[path]} imports {package}, which has no door"
        assert part(NAMES[path]) in DOORS[package], f"{NAMES[path]} imports {package}: its door is {DOORS[package]}"


@each(FILES, NAMES.__getitem__)
def test_a_module_says_in_one_sentence_what_it_is_for(path: Path) -> None:
    if path.stat().st_size == 0:
        return
    text = ast.get_docstring(tree(path))
    assert text, f"{NAMES[path]} has no docstring"
    assert re.match(r".+?[.:?`)]$", text.splitlines()[0]), f"{NAMES[path]}: {text.splitlines()[0]!r} is no sentence"


@each(FILES, NAMES.__getitem__)
def test_a_module_fits_in_a_head(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (750 if NAMES[path] == "probe.model" else 400), f"{NAMES[path]} has {lines} lines"


@each(FILES, NAMES.__getitem__)
def test_only_the_redactor_makes_a_redacted_url(path: Path) -> None:
    """The type checker proves who holds which; here, that nobody declares a raw URL to be a redacted one."""
    if part(NAMES[path]) == "redact":
        return
    for node in nodes(path):
        if isinstance(node, ast.Call):
            is_made = ast.unparse(node.func) == "RedactedUrl" and ast.unparse(node.args[0]) != "''"
            is_cast = ast.unparse(node.func) == "cast" and "RedactedUrl" in ast.unparse(node.args[0])
            assert not is_made and not is_cast, f"{NAMES[path]}:{node.lineno}"


def test_every_module_of_a_folder_that_has_a_table_is_in_the_table() -> None:
    from probe.cli import COMMANDS
    from probe.formats import FORMATS
    from probe.providers import PROVIDERS

    for table, folder in ((COMMANDS, "cli"), (FORMATS, "formats"), (PROVIDERS, "providers")):
        named = {entry.split(":")[0] for entry in table.values()}
        for name in table:
            assert callable(table.load(name)) or table is PROVIDERS
        present = {f"probe.{folder}.{module.name}" for module in pkgutil.iter_modules([str(PACKAGE / folder)])}
        assert named <= present
        attribute = {"cli": "\n@command(", "formats": "def render(report", "providers": " = Provider("}[folder]
        alike = {name for name in present if attribute in (ROOT / (name.replace(".", "/") + ".py")).read_text(encoding="utf-8")}
        assert alike <= named, f"not in the table of {folder}: {sorted(alike - named)}"


def test_every_package_can_be_imported_alone() -> None:
    for name in sorted(NAMES.values()):
        if name not in ("probe.__main__", "probe._build"):
            importlib.import_module(name)


def test_the_layers_of_the_drawing_are_those_of_the_code() -> None:
    drawing = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    for name, layer in LAYERS.items():
        line = next(line for line in drawing.splitlines() if line.startswith(f"    {layer}  "))
        assert re.search(rf"\b{name}\b", line), f"{name} is not on layer {layer} of probe/__init__.py"


def test_help_imports_neither_httpx_nor_yaml() -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom probe.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'httpx', 'yaml', 'rich', 'jinja2', 'tabulate', 'starlette', 'asyncio'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert "Find where a finished" in done.stdout
    assert done.stderr.strip() == "[]"


def modules(path: Path) -> set[str]:
    """The modules of the package that a file imports, whatever way it names them."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= whole & KNOWN or {str(node.module)}
    return (found & KNOWN) - {NAMES[path]}


KNOWN = set(NAMES.values())
COMMAND_MODULES = {entry.partition(":")[0] for entry in importlib.import_module("probe.cli").COMMANDS.values()}


def test_no_command_imports_another() -> None:
    importing = {NAMES[path]: modules(path) & COMMAND_MODULES for path in FILES if part(NAMES[path]) == "cli"}
    assert {name: others for name, others in importing.items() if others} == {}


SHORT_CUTS = {
    "probe.cli.ids": {"plan"},  # which words of a URL are ids
    "probe.cli.targets": {"plan"},
    "probe.cli.show": {"plan"},  # a plan that is only shown
}
"""Stages that a module of the command line asks itself, past the pipeline, reports, view and formats."""


def test_the_command_line_takes_no_short_cut_to_a_stage() -> None:
    stages = {"plan", "runner", "verdict", "anonymise", "recall", "vantage", "jsonpath", "sniff", "retry"}
    taken = {NAMES[path]: {part(name) for name in modules(path)} & stages for path in FILES if part(NAMES[path]) == "cli"}
    assert {name: others for name, others in taken.items() if others - SHORT_CUTS.get(name, set())} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Nested imports and those for type checking count too: whoever reads one module of a circle has to read all."""
    edges = {NAMES[path]: modules(path) for path in FILES}
    reached = {name: set(others) for name, others in edges.items()}
    for middle in edges:
        for seen in reached.values():
            if middle in seen:
                seen |= reached[middle]
    circles = {frozenset(other for other in reached[name] if name in reached[other]) for name in edges if name in reached[name]}
    assert circles == set(), [sorted(circle) for circle in circles]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and nested ones too."""
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def complexity(function: ast.AST) -> int:
    """Count the ways through a function as McCabe does: one, and one for each branch, loop, handler and case."""
    branches = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
    return 1 + sum(isinstance(node, branches) for node in ast.walk(function))


@each(FILES, NAMES.__getitem__)
def test_a_function_fits_on_a_screen_and_has_few_ways_through(path: Path) -> None:
    name = NAMES[path]
    long = {one.name for one in functions(path) if (one.end_lineno or 0) - one.lineno + 1 > 50}
    assert long == set(), f"{name}: more than 50 lines"
    assert {one.name for one in functions(path) if complexity(one) > 20} == set(), f"{name}: more than 20 ways through"


def test_nothing_that_is_imported_late_is_called_as_a_module_beside_it() -> None:
    """Importing the module would put it in the place of what was meant."""
    for path in FILES:
        if path.name == "__init__.py" and "__getattr__" in {one.name for one in functions(path)}:
            given = set(getattr(importlib.import_module(NAMES[path]), "__all__", ()))
            present = {other.stem for other in path.parent.glob("*.py")}
            assert not given & present, f"{NAMES[path]}: {sorted(given & present)}"


TWINS = {
    "bundle": "formats write one, runs read it",
    "fetching": "what a command says of it, and how the transport does it",
    "follow": "the next round of a plan, and a scan that goes on for days",
    "controls": "plan makes the requests, verdict reads them",
    "difference": "view compares two runs, formats writes it down",
    "har": "intake reads them, formats writes them",
    "ids": "facts, rules and options about ids",
    "links": "facts about links, and the runner's search for them",
    "network": "failures as rules and records, as they are pasted, and the transport's own",
    "options": "those of the command line and those of the transport",
    "order": "what a scan is asked to do, and how options become one",
    "pasted": "rules of a provider's URLs, and records of pastes",
    "planned": "what is planned, and how its secrets are masked",
    "powershell": "as it is pasted, and as it completes",
    "registry": "the table of tables, and the providers'",
    "sdk": "calls as they are pasted, and as they are shown",
    "urls": "facts about URLs, as they are pasted, and as they are planned",
    "versions": "api-versions in the catalogue, in rules and in records",
    "words": "of the view, and those that a pseudonym stands for",
}
"""Names that modules of several folders share, each with what is done with the one idea where."""


def test_no_two_classes_of_different_folders_share_a_name() -> None:
    """One word per idea; the simulator, which imports nothing of ours, has its own words."""
    owners: dict[str, set[str]] = {}
    for path in FILES:
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and part(NAMES[path]) != "simulator":
                owners.setdefault(node.name, set()).add(NAMES[path])
    assert {name: sorted(places) for name, places in owners.items() if len(places) > 1} == {}


def test_modules_share_a_name_only_where_they_share_an_idea() -> None:
    """A family's records are called like its rules, a command like what it runs."""
    folders: dict[str, set[str]] = {}
    for path in FILES:
        is_named_by_another = NAMES[path] in COMMAND_MODULES or part(NAMES[path]) in ("diagnoses", "simulator")
        if path.name != "__init__.py" and not is_named_by_another:
            folders.setdefault(path.stem, set()).add(path.parent.name)
    shared = {name: sorted(where) for name, where in folders.items() if len(where) > 1}
    assert {name: where for name, where in shared.items() if name not in TWINS} == {}
    assert TWINS.keys() <= shared.keys(), "an entry that no modules need any more"
