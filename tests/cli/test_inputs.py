"""Whatever is given to the command, one clear error or a normal ending: no traceback, no exit 70, nothing that hangs."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import shutil
import string
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.errors import RunError
from probe.formats import FORMATS
from probe.model import Limits
from probe.reports import judge_run
from tests.desk import KEY, furnish
from tests.desk import call as run_here
from tests.guard import loopback_only
from tests.hostile.test_home import order, target
from tests.loopback import Call, serving
from tests.scanning import scan as scan_world
from tests.scanning import world

POSIX = pytest.mark.skipif(os.name == "nt", reason="pipes, devices and links of POSIX")
EXAMPLES = int(os.environ.get("PROBE_FUZZ_EXAMPLES", "25"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("KEY", "TOKEN"):
        monkeypatch.setenv(variable, KEY)
    return furnish(tmp_path, monkeypatch)


def call(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run the command in this process; returns exit code and standard error."""
    code = run_here(*arguments)
    out, err = capfd.readouterr()
    assert KEY not in out + err
    return code, err


def assert_orderly(code: int, err: str) -> None:
    """A normal ending, or one error with a hint."""
    assert "Traceback" not in err, err
    assert code in (0, 1, 2, 3), err
    if code == 2 and "Usage:" not in err:
        assert err.count("error: ") == 1, err
        assert "hint: " in err, err


SPICE = st.sampled_from(
    [
        *"\x00\x01\t\n\r\x1b\x7f\x85 /\\?#@:;=&%[]{}()<>'\"`$!*,.~|^+-_",
        "\u202e",
        "\ufeff",
        "\u2028",
        "\ud800",
        "\U0001f600",
        "é",
        "１２７",
        "ß",
        "//",
        "..",
        "%00",
        "%2F",
        "%ff",
        "{job_id}",
        "{",
        "http://",
        "https://",
        "file://",
        "user:pass@",
        "[::1]",
        "[::1",
        "127.0.0.1",
        ":99999",
        ":-1",
        ":0",
        "?api-version=preview",
        "/openai/v1",
        "/v1",
        "xn--",
        "a" * 300,
        "9" * 5000,
        "task_",
        "gen_1",
    ]
)
WORDS = st.lists(SPICE | st.text(string.ascii_letters + string.digits + ".-", max_size=8), max_size=6).map("".join)
SHELL_WORDS = WORDS.map(lambda text: text.replace("\x00", "").encode("utf-8", "replace").decode())
OPTIONS = st.sampled_from(
    [
        ("--target", "{}"),
        ("--target", "lab={}"),
        ("--target", "lab=http://127.0.0.1:1{}"),
        ("--target", "lab=https://127.0.0.1{}"),
        ("--target", "lab=http://{}/v1"),
        ("--failing-url", "{}"),
        ("--failing-url", "http://127.0.0.1:1/{}"),
        ("--failing-url", "http://{}/openai/v1/clips/task_1"),
        ("--id", "{}"),
        ("--id", "job_id={}"),
        ("--id", "task_{}"),
        ("--resolve", "{}"),
        ("--resolve", "127.0.0.1:1:{}"),
        ("--resolve", "{}:443:127.0.0.1"),
        ("-H", "{}"),
        ("-H", "X-Team: {}"),
        ("-H", "{}: x"),
        ("--provider", "{}"),
        ("--key-env", "{}"),
        ("--token-env", "{}"),
        ("--only", "{}"),
        ("--artefact", "{}"),
        ("--api-version", "{}"),
        ("--proxy", "{}"),
        ("--proxy", "http://127.0.0.1:1{}"),
        ("--proxy", "http://{}:1"),
        ("--timeout", "{}"),
        ("--rate-limit", "{}"),
        ("--max-body", "{}"),
        ("--retries", "{}"),
        ("--format", "{}"),
        ("--lang", "{}"),
        ("--output", "{}"),
    ]
)
BASE = (
    *("scan", "-q", "--catalogue", "small.yaml", "--retries", "0", "--timeout", "1", "--connect-timeout", "0.5"),
    *("--target", "base=http://127.0.0.1:1", "--provider", "azure", "--id", "job_id=task_1", "-f", "json"),
)


@FUZZ
@given(options=st.lists(st.tuples(OPTIONS, SHELL_WORDS), min_size=1, max_size=2), is_dry=st.booleans())
def test_no_option_value_is_a_bug(
    options: list[tuple[tuple[str, str], str]], is_dry: bool, desk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = [part for (name, form), value in options for part in (name, form.replace("{}", value))]
    places = [value for name, value in zip(words[::2], words[1::2], strict=True) if name == "--output"]
    if any(place.startswith(("/", "..", "~")) for place in places):
        return  # it would be made
    started = time.monotonic()
    assert_orderly(*call(capfd, *BASE, *(["--dry-run"] if is_dry else []), *words))
    assert time.monotonic() - started < 15


YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.fixed_dictionaries(
    {"url": WORDS | st.just("http://127.0.0.1:1") | YAML},
    optional={
        "name": WORDS | YAML,
        "provider": st.sampled_from(["azure", "openai", "generic"]) | YAML,
        "key_env": st.just("AZURE_OPENAI_API_KEY") | YAML,
        "deployment": WORDS | YAML,
        "ids": st.dictionaries(st.sampled_from(["job_id", "deployment"]) | WORDS, WORDS | YAML, max_size=2) | YAML,
        "colour": YAML,
    },
)


@FUZZ
@given(content=st.lists(ENTRIES, max_size=3) | YAML | st.binary(max_size=60) | st.fixed_dictionaries({"targets": YAML}))
def test_no_targets_file_is_a_bug(content: Any, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = desk / "fleet.yaml"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    assert_orderly(*call(capfd, "scan", "-q", "--dry-run", "--catalogue", "small.yaml", "--targets", "fleet.yaml"))


NAMES = ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "HTTPS_PROXY", "X")


@FUZZ
@given(
    content=st.binary(max_size=80)
    | st.lists(st.tuples(st.sampled_from(NAMES), WORDS), max_size=4).map(
        lambda pairs: "\n".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass")
    )
)
def test_no_env_file_is_a_bug(content: bytes, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (desk / ".env").write_bytes(content)
    assert_orderly(*call(capfd, "scan", "-q", "--dry-run", "--catalogue", "small.yaml", "--id", "task_1"))


# ---- saved runs ----------------------------------------------------------------------------------------------------------------

ODD = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        10**400,
        1e308,
        "",
        "\ud800",
        "\x00\x1b[2J\u202e",
        "x" * 100_000,
        "http://[::1",
        "http://127.0.0.1:99999/",
        "//",
        "{job_id}",
        "%",
        "2026-11-20T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "2026-11-20",
        "lab",
        "works",
        "GET",
        "video/mp4",
        "$.a[*].b",
        "169.254.169.254:80",
        "[:80",
        [],
        {},
        [[]],
        [None],
        ["a", "b"],
        {"a": 1},
    ]
)
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(["put", "drop", "twice"]), ODD), min_size=1, max_size=3
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        one = stack.pop()
        keys = list(one) if isinstance(one, dict) else list(range(len(one))) if isinstance(one, list) else []
        found += [(one, key) for key in keys]
        stack += [one[key] for key in keys]
    return found


def damage(value: Any, how: list[tuple[float, str, Any]]) -> Any:
    """Exchange, remove or repeat parts of a parsed document."""
    value = copy.deepcopy(value)
    for share, what, odd in how:
        all_of_them = places(value)
        if not all_of_them:
            break
        container, key = all_of_them[int(share * len(all_of_them))]
        if what == "put":
            container[key] = copy.deepcopy(odd)
        elif what == "drop":
            del container[key]
        elif isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
    return value


def assert_judged_or_refused(run: Path) -> None:
    try:
        report = judge_run(run)
    except RunError as error:
        assert error.hint
        return
    for name in FORMATS:
        assert isinstance(FORMATS.load(name)(report), str)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The evidence of a whole scan."""
    folder = tmp_path_factory.mktemp("saved")
    with world("sora1") as server:
        one = scan_world(server, folder)
    one.scan.write(one.report, [])
    return (one.scan.folder.path / "evidence.json").read_bytes()


@FUZZ
@given(how=DAMAGE)
def test_no_damaged_evidence_is_a_bug(how: list[tuple[float, str, Any]], saved: bytes, tmp_path: Path) -> None:
    (tmp_path / "evidence.json").write_text(json.dumps(damage(json.loads(saved), how)))
    assert_judged_or_refused(tmp_path)


@FUZZ
@given(at=st.floats(0, 1, exclude_max=True), size=st.integers(0, 60), piece=st.binary(max_size=8))
def test_no_damaged_byte_is_a_bug(at: float, size: int, piece: bytes, saved: bytes, tmp_path: Path) -> None:
    place = int(at * len(saved))
    (tmp_path / "evidence.json").write_bytes(saved[:place] + piece + saved[place + size :])
    assert_judged_or_refused(tmp_path)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The journal of a small scan, line by line."""
    folder = tmp_path_factory.mktemp("journal")

    async def scan() -> Path:
        from probe.pipeline import Scan

        async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n" + b'{"url": "http://127.0.0.1:1/"}') as server:
            one = Scan.start(order(folder, 2, [target(server.url)], limits=Limits(retries=0, connect_timeout=0.3)))
            await one.run()
            one.close()
            return one.folder.journal

    return [json.loads(line) for line in asyncio.run(scan()).read_text(encoding="utf-8").splitlines()]


@FUZZ
@given(how=DAMAGE, cut=st.integers(0, 60))
def test_no_damaged_journal_is_a_bug(
    how: list[tuple[float, str, Any]], cut: int, journal: list[Any], desk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither to `report` nor to `scan --resume`, which may even send what a damaged journal of a known target names."""
    run = desk / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir()
    text = "\n".join(json.dumps(line) for line in damage(journal, how)) + "\n"
    (run / "journal.jsonl").write_text(text[: len(text) - cut])
    assert_judged_or_refused(run)
    assert_orderly(
        *call(
            capfd,
            "scan",
            "-q",
            "--resume",
            "run",
            "--target",
            f"lab={journal[0]['scan']['targets'][0]['base_url']}",
            "--provider",
            "generic",
            "-H",
            "X-Team: a",
            "-H",
            "Ocp-Apim-Subscription-Key: a",
            "-H",
            "Authorization-Extra: a",
        )
    )


# ---- responses -----------------------------------------------------------------------------------------------------------------

HEADERS = st.tuples(
    st.sampled_from(
        [
            "Content-Type",
            "Content-Length",
            "Location",
            "Link",
            "Retry-After",
            "Date",
            "Content-Range",
            "Content-Encoding",
            "Set-Cookie",
            "Operation-Location",
            "x-ms-region",
            "apim-request-id",
            "Transfer-Encoding",
            "WWW-Authenticate",
            "X",
        ]
    ),
    WORDS
    | st.sampled_from(["application/json", "video/mp4", "chunked", "gzip", "bytes 0-1/2", "0", "-1", "1" * 30, "text/html"])
    | st.sampled_from(["application/xml", "text/plain; charset=utf-16", "Fri, 31 Feb 2026 99:99:99 GMT", "<http://[>; rel=next"]),
)
MEMBERS = st.sampled_from(
    ["id", "status", "error", "code", "message", "data", "url", "created_at", "expires_at", "detail", "bytes"]
)
BODIES = (
    st.binary(max_size=200)
    | WORDS.map(lambda text: text.encode("utf-8", "replace"))
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | WORDS | ODD,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS | WORDS, inner, max_size=4),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)


@st.composite
def answers(draw: Callable[[Any], Any]) -> bytes:
    """An answer that is HTTP more or less."""
    status = draw(st.sampled_from([200, 200, 200, 206, 204, 302, 307, 400, 401, 404, 410, 429, 500, 503, 999]))
    body = draw(BODIES)
    lines = [f"HTTP/1.1 {status} {draw(WORDS)}", *(f"{name}: {value}" for name, value in draw(st.lists(HEADERS, max_size=4)))]
    if draw(st.booleans()):
        lines.append(f"Content-Length: {len(body)}")
    if draw(st.booleans()):
        lines.append("Content-Type: application/json")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body


@settings(FUZZ, max_examples=max(4, EXAMPLES // 5))
@given(made=st.lists(answers(), min_size=30, max_size=30))
def test_no_answer_is_a_bug(made: list[bytes], tmp_path: Path) -> None:
    """Thirty answers a scan; every probe has an observation without a bug, and every format is rendered."""
    from probe.pipeline import Scan

    async def reply(call: Call) -> None:
        last = call.path.partition("?")[0].rpartition("/")[2]
        await call.send(made[int(last) % len(made)] if last.isdecimal() else made[0])
        call.writer.close()

    async def scan() -> Scan:
        async with serving(reply) as server:
            limits = Limits(retries=0, rate_limit=0.0, timeout=1.0, silence_timeout=0.5, connect_timeout=0.3, concurrency=16)
            one = Scan.start(order(tmp_path, len(made), [target(server.url)], limits=limits))
            await one.run()
            one.close()
            return one

    with loopback_only() as reached:
        one = asyncio.run(scan())
    assert reached == []
    report = one.report()
    assert [seen.bug for seen in report.evidence.observations if seen.bug] == []
    assert "rule-failed" not in {finding.code for finding in report.findings}
    one.write(report, [name for name in FORMATS if name != "terminal"], is_bundled=True)
    assert_judged_or_refused(one.folder.path)


# ---- paths ---------------------------------------------------------------------------------------------------------------------

FILE_OPTIONS = {
    "--targets": ("scan", "--dry-run", "--targets"),
    "--catalogue": ("scan", "--dry-run", "--target", "x=http://127.0.0.1:1", "--catalogue"),
    "--cacert": ("scan", "--target", "x=https://127.0.0.1:1", "--provider", "azure", "--id", "task_1", "--cacert"),
    "--cert": ("scan", "--target", "x=https://127.0.0.1:1", "--provider", "azure", "--id", "task_1", "--cert"),
    "--key": ("scan", "--target", "x=https://127.0.0.1:1", "--provider", "azure", "--id", "task_1", "--cert", "good.pem", "--key"),
    "--resume": ("scan", "--resume"),
    "report": ("report",),
    "lint": ("catalogue", "lint"),
    "import": ("catalogue", "import"),
    "doctor": ("doctor", "--target", "x=https://127.0.0.1:1", "--provider", "azure", "--cacert"),
}


@pytest.fixture(scope="module")
def odd_places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Things in the place of a file."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "directory").mkdir()
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "zero").symlink_to("/dev/zero")
    (folder / "empty").write_bytes(b"")
    (folder / "garbage").write_bytes(bytes(range(256)) * 50)
    with (folder / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with (folder / "big").open("wb") as file:
        file.truncate(100 << 20)
    os.mkfifo(folder / "fifo")
    return folder


@POSIX
@pytest.mark.parametrize(
    "place",
    ["directory", "dangling", "loop", "zero", "empty", "garbage", "huge", "big", "fifo", "/dev/stdin", "/dev/tty", "missing/x"],
)
@pytest.mark.parametrize("option", list(FILE_OPTIONS))
@pytest.mark.timeout(20)
def test_nothing_in_the_place_of_a_file_is_waited_for(
    option: str, place: str, odd_places: Path, desk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(Path(__file__).parents[1] / "certificates" / "client.pem", desk / "good.pem")
    arguments = list(FILE_OPTIONS[option])
    if option not in ("report", "lint", "import", "--resume", "--catalogue"):
        arguments[1:1] = ["--catalogue", "small.yaml"]
    started = time.monotonic()
    code, err = call(capfd, *arguments, str(odd_places / place))
    assert time.monotonic() - started < 10
    assert code == 2, err
    assert "Traceback" not in err
    assert place.rpartition("/")[2] in err
    assert not (desk / "reports").exists()


@POSIX
@pytest.mark.parametrize("place", ["zero", "garbage", "huge", "big", "fifo", "loop", "directory"])
@pytest.mark.parametrize("name", [".env", "run/evidence.json", "run/journal.jsonl"])
@pytest.mark.timeout(20)
def test_nothing_planted_in_a_folder_is_waited_for(
    name: str, place: str, odd_places: Path, desk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (desk / "run").mkdir()
    (desk / name).symlink_to(odd_places / place)
    commands = (("report", "run"), ("scan", "--resume", "run")) if name != ".env" else (("scan", "--dry-run"),)
    for command in commands:
        started = time.monotonic()
        code, err = call(capfd, *command)
        assert time.monotonic() - started < 10
        assert_orderly(code, err)
        assert code == 2, err


@POSIX
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("place", ["zero", "garbage", "huge", "fifo", "loop"])
@pytest.mark.timeout(20)
def test_no_certificates_that_a_variable_names_are_waited_for(
    variable: str, place: str, odd_places: Path, desk: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, str(odd_places / place))
    code, err = call(capfd, "doctor", "--target", "x=https://127.0.0.1:1", "--provider", "azure")
    assert code == 2
    assert_orderly(code, err)
    assert variable in err


@POSIX
@pytest.mark.parametrize("place", ["loop", "zero", "empty", "fifo", "missing/x", "directory"])
@pytest.mark.timeout(20)
def test_no_place_for_the_mapping_is_a_bug(place: str, odd_places: Path, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is replaced or refused: never followed, never waited for."""
    folder = desk / "odd"
    shutil.copytree(odd_places, folder, symlinks=True, ignore=shutil.ignore_patterns("huge", "big", "fifo"))
    os.mkfifo(folder / "fifo")
    code, err = call(capfd, *BASE, "--anonymise", "--mapping", str(folder / place))
    assert_orderly(code, err)
    assert code == (2 if place in ("missing/x", "directory") else 3), err
    assert (code == 2) or not (folder / place).is_symlink()


@POSIX
@pytest.mark.parametrize("root", ["/", "/dev/null", "/proc/self", "/dev/full/x", "/nonexistent/\u00e9/x"])
def test_a_root_that_cannot_hold_runs_is_one_error(root: str, desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if (os.access(root, os.W_OK) and Path(root).is_dir()) or (root.startswith("/nonexistent") and os.geteuid() == 0):
        pytest.skip("this user may write there")
    code, err = call(capfd, *BASE, "-o", root)
    assert_orderly(code, err)
    assert code == 2


def test_a_run_folder_is_the_root_of_everything(desk: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for command in (("report", "/"), ("scan", "--resume", "/"), ("report", ""), ("report", "."), ("report", "~")):
        code, err = call(capfd, *command)
        assert_orderly(code, err)
        assert code == 2
