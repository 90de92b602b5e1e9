"""Reads the commands out of README.md and docs/, and runs them against the simulator as a reader would type them.

A shell block is preceded by a comment that no reader sees:

    <!-- run world=expired exit=1 -->
    ```sh
    probe scan --id task_01k74fbyghfq9a7wm2e7zxsw5v
    ```

`world` is who answers at https://contoso.openai.azure.com (or at OpenAI) in this block; `exit` is the code that its last command
leaves (0 by default); `then` keeps the folder of the block before. `probe simulate --world NAME --port N` alone in a block starts
that world for the rest of the page, in place of the reader's other terminal. A ```text block right below tells what the reader
sees: its lines must stand in the output in this order, `...` stands for anything. `<!-- ci NAME -->` instead of `run` marks
what .ci/run does, since it needs a fresh environment.
"""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probe.simulator import running
from tests.cli import zygote
from tests.cli.running import ROOT, environment

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
HOST = "https://contoso.openai.azure.com"
_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<kind>run|ci)(?P<words>[^>]*) -->\n)?^ *```(?P<language>sh|powershell)\n(?P<code>.*?)^ *```\n"
    r"(?:\n```text\n(?P<seen>.*?)^```)?",
    re.MULTILINE | re.DOTALL,
)
_SIMULATE = re.compile(r"probe simulate --world (\S+) --port (\d+)")


@dataclass(frozen=True)
class Block:
    """One block of commands."""

    page: Path
    line: int
    kind: str
    language: str
    code: str
    seen: tuple[str, ...]
    world: str
    exit_code: int
    follows: bool

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Every block of commands of a page, in order; `kind` is empty where the comment is missing."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        said = dict(word.split("=", 1) for word in (match["words"] or "").split() if "=" in word)
        found.append(
            Block(
                page=page,
                line=text[: match.start()].count("\n") + 1,
                kind=match["kind"] or "",
                language=match["language"],
                code=textwrap.dedent(match["code"]),
                seen=tuple(line for line in (match["seen"] or "").splitlines() if line.strip()),
                world=said.get("world", ""),
                exit_code=int(said.get("exit", "0")),
                follows="then" in (match["words"] or "").split(),
            )
        )
    return found


def sittings(page: Path) -> list[tuple[Block, ...]]:
    """Group the blocks that must run together: a page with another terminal as a whole, else each block for itself."""
    found = [one for one in blocks(page) if one.kind == "run"]
    if any(_SIMULATE.search(one.code) for one in found):
        return [tuple(found)]
    grouped: list[tuple[Block, ...]] = []
    for one in found:
        grouped[-1:] = [(*grouped[-1], one)] if one.follows and grouped else [*grouped[-1:], (one,)]
    return grouped


@dataclass
class Reader:
    """Somebody who works through blocks of a page in one folder."""

    folder: Path
    stack: ExitStack
    places: dict[str, str] = field(default_factory=dict)
    exported: dict[str, str] = field(default_factory=dict)

    def type(self, block: Block) -> None:
        """Run a block and compare what it leaves with what the page says."""
        if started := _SIMULATE.fullmatch(block.code.strip()):
            server = self.stack.enter_context(running(started[1]))
            self.places[f"http://127.0.0.1:{started[2]}"] = server.origin
            return
        with ExitStack() as stack:
            code, variables = block.code, {}
            if block.world:
                server = stack.enter_context(running(block.world))
                variables = _variables(server)
                code = code.replace(HOST, server.url).replace("'...'", f"'{server.world.key}'")
            for place, origin in self.places.items():
                code = code.replace(place, origin)
            done = self._shell(code, variables)
        if not block.world:
            for name in " ".join(re.findall(r"^unset (.+)$", code, re.MULTILINE)).split():
                self.exported.pop(name, None)
            self.exported |= dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", code, re.MULTILINE))
        output = done.stdout + done.stderr
        assert done.returncode == block.exit_code, f"{block}: exit {done.returncode}\n{block.code}\n{output}"
        _must_show(block, output)

    def _shell(self, code: str, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
        bin_folder = self.folder / ".bin"
        if not bin_folder.exists():
            bin_folder.mkdir()
            (bin_folder / "probe").write_text(zygote.script())
            (bin_folder / "probe").chmod(0o755)
        path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        env = environment({"NO_COLOR": "1", "COLUMNS": "100", **self.exported, **variables, "PATH": path})
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
            check=False,
        )


def _variables(server: Any) -> dict[str, str]:
    """The variables of a reader who set up the target once, as the first page says."""
    world = server.world
    if world.provider == "azure":
        return {"AZURE_OPENAI_ENDPOINT": server.url, "AZURE_OPENAI_API_KEY": world.key, "PROBE_DIAGNOSE_PROVIDER": "azure"}
    if world.provider == "openai":
        return {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": world.key}
    return {}


def _must_show(block: Block, output: str) -> None:
    """Find each line of the page in the output, in order; white space counts once, `...` is anything."""
    rest = " ".join(output.split())
    for line in block.seen:
        wanted = r".*?".join(re.escape(" ".join(part.split())) for part in line.split("..."))
        found = re.search(wanted, rest)
        assert found, f"{block}: not shown: {line}\n{output}"
        rest = rest[found.end() :]
