"""What is meant to be attached names nobody when it is anonymised, says the same, is the same every time, and can be run."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import zipfile
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from probe.cli import main
from probe.frozen import replace
from probe.model import Credential, CredentialKind
from probe.reports import anonymised
from probe.runs.codec import to_json
from probe.transport import TransportOptions
from tests.echoes import FORMATS, Echo, Said, echoing
from tests.factories import evidence, observation, probe, response, target
from tests.loopback import answer
from tests.scanning import WORLDS, world
from tests.scanning import scan as simulated_scan

SUBSCRIPTION, TENANT = "09ba021e-aaaa-4bbb-8ccc-33e019210000", "33e01921-1111-4222-8333-09ba021e0000"
REQUEST_ID, REGION = "7a1b0c1e-0000-4000-8000-000000000001", "Sweden Central"
GENERATION, JOB = "gen_01k74fceydeb2rqtaa3ndyhs8d", "task_01jwcet0eje35tc5jy54yjax5q"
NAMES = (
    "contoso",
    "fabrikam",
    "northwind",
    "tailspin",
    "adatum",
    "wingtip",
    "litware",
    "falcon",
    "jane",
    "customer42",
    "0815-rolls",
    "proxy-01",
    "gen_01k74",
    "task_01jwc",
    "video_68a1",
    "org-abc123",
    "user-xyz789",
    "proj_qq11",
    "file-ab12",
    "203.0.113.77",
    "10.1.2.3",
    "2a01:111:f100",
    SUBSCRIPTION,
    SUBSCRIPTION.replace("-", ""),
    TENANT,
)
BLOB = (
    f"https://northwindvideos.blob.core.windows.net/falcon-private/jane/0815-rolls.mp4?sktid={TENANT}&skoid={SUBSCRIPTION}&sig=qWe1"
)
ERROR = {
    "error": {
        "code": "DeploymentNotFound",
        "message": f"The API deployment 'tailspin-sora' of Contoso-Prod in /subscriptions/{SUBSCRIPTION}/"
        f"resourceGroups/adatum-rg/providers/Microsoft.CognitiveServices/accounts/contoso-prod does not exist; tenant {TENANT}; "
        "write to jane.doe@contoso.com or see "
        f"https://wiki.fabrikam.corp/falcon. RequestId:{REQUEST_ID} user-xyz789abc in proj_qq11ww22ee33 asked for file-ab12cd34ef "
        "from 203.0.113.77 and 2a01:111:f100::5",
    }
}
JOB_DONE = {
    "id": JOB,
    "status": "succeeded",
    "model": "sora",
    "org_id": "org-abc123def",
    "customer_id": "customer42-x1",
    "generations": [{"id": GENERATION, "job_id": JOB, "video_url": BLOB}],
    "data": [{"id": "video_68a1b2c3d4e5f6", "status": "completed"}],
}


def reply(status: str, body: object) -> bytes:
    return answer(
        json.dumps(body).encode(),
        status,
        f"apim-request-id: {REQUEST_ID}",
        f"x-ms-region: {REGION}",
        "openai-organization: org-abc123def",
        "x-contoso-trace: team-falcon.fabrikam.corp",
        "x-forwarded-for: 10.1.2.3, 203.0.113.77",
        "via: 1.1 LITWARE-PROXY-01 (squid/6), 1.1 gw.fabrikam.corp",
        f"location: {BLOB}",
    )


REPLIES = [reply("404 Not Found", ERROR), reply("200 OK", JOB_DONE), reply("302 Found", ERROR), reply("401 Unauthorized", ERROR)]


def run(folder: Path, *arguments: str) -> Said:
    """Run a command; what it says is what goes to standard output, which people paste, not the talk beside it."""
    done = CliRunner().invoke(main, arguments, env={"CONTOSO_KEY": "k3y-0123456789abcdef"})
    assert done.exit_code in (0, 1, 3), done.output
    return Said(done.exit_code, done.stdout, folder)


def scan(server: Echo, folder: Path, *more: str) -> Said:
    port = server.url.rpartition(":")[2]
    prod, gateway = f"contoso-prod.openai.azure.com:{port}", f"gw.fabrikam.corp:{port}"
    base = f"http://{prod}/wingtip-gw"
    failing = (
        f"{base}/openai/deployments/tailspin-sora/video/generations/{GENERATION}/contents?api-version=preview&customer=customer42"
    )
    targets = ("--target", f"contoso={base}", "--target", f"fabrikam=http://{gateway}/litware/api/projects/tailspin-web")
    names = ("--key-env", "CONTOSO_KEY", "-H", "X-Litware-Team: falcon-7", "--id", JOB, "--id", "deployment=tailspin-sora")
    wire = (
        "--resolve",
        f"{prod}:127.0.0.1",
        "--resolve",
        f"{gateway}:127.0.0.1",
        "-x",
        "",
        "--retries",
        "0",
        "--rate-limit",
        "9999",
    )
    formats = [word for name in FORMATS for word in ("-f", name)]
    scope = ("--artefact", "sora1-video", "--failing-url", failing, "--provider", "azure")
    return run(folder, "scan", *targets, *names, *wire, *formats, *scope, "--bundle", "-o", str(folder), "--all", *more)


def named(said: Said, *apart: str) -> dict[str, list[str]]:
    """The files, and what was said, that hold a name of the customer's; with the names."""
    texts = {
        name: content.decode("utf-8").lower() for name, content in said.files if not name.endswith(".zip") and name not in apart
    }
    return {name: found for name, text in texts.items() if (found := [one for one in NAMES if one in text])}


def test_an_anonymised_scan_names_nobody_in_anything_that_is_attached(tmp_path: Path) -> None:
    mapping = tmp_path / "private" / "mapping.json"
    mapping.parent.mkdir()
    with echoing(REPLIES) as server:
        hidden = scan(server, tmp_path / "a", "--anonymise", "--mapping", str(mapping))
        plain = scan(server, tmp_path / "b")
    assert len(named(plain)) >= len(FORMATS) + 10
    assert named(hidden, "journal.jsonl") == {}
    files = dict(hidden.files)
    assert {"evidence.json", "bundle.zip/repro.sh", "bundle.zip/SUMMARY.txt", "bundle.zip/correlation-ids.csv"} <= files.keys()
    told = json.loads(mapping.read_text())
    assert {name for name in NAMES if not any(name in one.lower() for one in told)} <= {SUBSCRIPTION.replace("-", "")}
    assert stat.S_IMODE(mapping.stat().st_mode) == 0o600
    assert not [name for name in files if "mapping" in name]
    for name in ("report.md", "report.html", "report.json", "results.csv", "exchanges.har", "results.jsonl", "junit.xml", "output"):
        assert "azure-1.invalid" in files[name].decode(), name
        assert told[GENERATION] in files[name].decode(), name
        assert "wingtip" not in told.values() and told["wingtip-gw"] in files[name].decode(), name
    for name in ("report.md", "report.html", "report.json", "results.csv", "exchanges.har", "bundle.zip/correlation-ids.csv"):
        assert REQUEST_ID in files[name].decode() and REGION in files[name].decode(), name
    assert '$KEY_1"' in files["bundle.zip/repro.sh"].decode()


def test_a_saved_run_is_anonymised_the_same_way(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.json"
    with echoing(REPLIES) as server:
        scan(server, tmp_path / "runs")
    (saved,) = (tmp_path / "runs").iterdir()
    hidden = run(
        tmp_path / "out", "report", str(saved), "--anonymise", "--mapping", str(mapping), "--bundle", "-o", str(tmp_path / "out")
    )
    assert named(hidden) == {}
    assert json.loads(mapping.read_text())["contoso-prod"] == "azure-1"
    assert [name for name, _ in hidden.files if name.startswith("journal")] == []


def test_a_mapping_without_pseudonyms_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["scan", "--target", "lab=http://127.0.0.1:9", "--provider", "azure", "--mapping", str(tmp_path / "m")]
    )
    assert done.exit_code == 2 and "--anonymise" in done.output
    assert list(tmp_path.iterdir()) == []


def test_an_anonymised_run_is_taken_up_again_at_the_real_hosts_and_not_at_a_pseudonym(tmp_path: Path) -> None:
    with echoing(REPLIES) as server:
        scan(server, tmp_path / "runs", "--anonymise")
        (saved,) = (tmp_path / "runs").iterdir()
        assert "contoso" not in saved.name and "fabrikam" not in saved.name
        journal = saved / "journal.jsonl"
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(lines[: len(lines) // 2]))
        count = len(server.heads)
        again = scan(server, tmp_path / "runs", "--resume", str(saved), "--anonymise")
        hosts = {line for head in server.heads[count:] for line in head.split(b"\r\n") if line.lower().startswith(b"host:")}
    assert {host.split(b":")[1].strip() for host in hosts} == {b"contoso-prod.openai.azure.com", b"gw.fabrikam.corp"}
    assert named(again, "journal.jsonl") == {}


def test_an_anonymised_demo_is_a_whole_demo(tmp_path: Path) -> None:
    done = run(tmp_path, "demo", "--anonymise", "--bundle", "-o", str(tmp_path))
    files = dict(done.files)
    ids = json.loads(files["evidence.json"])["targets"][0]["ids"]
    assert done.code == 0 and ids and all("anon" in value for _name, value in ids)
    assert "/video/generations/gen_anon1/content/video?api-version=preview" in done.text


@pytest.mark.parametrize("name", list(WORLDS)[::3])
def test_the_verdicts_stay_the_same_when_the_evidence_is_anonymised(name: str, tmp_path: Path) -> None:
    host = "contoso-lab.openai.azure.com" if WORLDS[name].provider == "azure" else "gw.contoso-lab.corp"
    with world(name) as server:
        port = int(server.origin.rpartition(":")[2])
        options = TransportOptions(proxy="", environment={}, resolve=((host, port, "127.0.0.1"),))
        plain = simulated_scan(server, tmp_path, url=server.url.replace("127.0.0.1", host), options=options).report
    hidden, mapping = anonymised(plain)
    assert [one.diagnosis.code for one in hidden.verdicts] == [one.diagnosis.code for one in plain.verdicts]
    assert [one.diagnosis.outcome for one in hidden.verdicts] == [one.diagnosis.outcome for one in plain.verdicts]
    assert (hidden.answer, len(hidden.working)) == (plain.answer, len(plain.working))
    assert [one.code for one in hidden.findings] == [one.code for one in plain.findings]
    assert host in mapping and "contoso" not in str(hidden).lower()


# ---- the bundle


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the demo, with its bundle."""
    folder = tmp_path_factory.mktemp("demo")
    run(folder, "demo", "--bundle", "-q", "-o", str(folder))
    (path,) = folder.iterdir()
    return path


def test_the_same_run_gives_the_same_bundle_to_the_byte(demo: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(tmp_path / name, "report", str(demo), "--bundle", "-o", str(tmp_path / name))
    made = [(one / "bundle.zip").read_bytes() for name in ("a", "b") for one in (tmp_path / name).iterdir()]
    assert made == [(demo / "bundle.zip").read_bytes()] * 2


def test_the_manifest_of_the_bundle_is_right_and_everything_a_ticket_needs_is_in_it(demo: Path) -> None:
    with zipfile.ZipFile(demo / "bundle.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    wanted = {"SUMMARY.txt", "MASKED.txt", "correlation-ids.csv", "repro.sh", "repro.ps1", "MANIFEST.sha256"}
    assert (
        wanted | {"report.md", "report.html", "report.json", "results.csv", "exchanges.har", "ticket.txt", "evidence.json"}
        == files.keys()
    )
    lines = files["MANIFEST.sha256"].decode().splitlines()
    assert {line[66:]: line[:64] for line in lines} == {
        name: sha256(files[name]).hexdigest() for name in files if name != "MANIFEST.sha256"
    }
    evidence = json.loads((demo / "evidence.json").read_text())
    answers = [exchange.get("response", {}) for one in evidence["observations"] for exchange in one.get("exchanges", ())]
    ids = [value for one in answers for _name, value in one.get("request_ids", ())]
    table = files["correlation-ids.csv"].decode().splitlines()[1:]
    assert len(ids) == len(table) > 20 and all(any(row.endswith(one) for row in table) for one in ids)
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z,", row) for row in table)


def unpacked(bundle: Path, folder: Path) -> Path:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.skipif(os.name == "nt" or shutil.which("curl") is None, reason="needs a POSIX shell and curl")
def test_the_script_of_the_bundle_downloads_a_playable_video(tmp_path: Path) -> None:
    with world("sora1") as server:
        done = simulated_scan(server, tmp_path / "runs")
        done.scan.write(done.report, ("markdown",), is_bundled=True)
        folder = unpacked(done.scan.folder.path / "bundle.zip", tmp_path / "ticket")
        checked = subprocess.run(["sh", "-n", "repro.sh"], cwd=folder, capture_output=True, check=False)
        ran = subprocess.run(
            ["sh", "repro.sh"], cwd=folder, env={**os.environ, "K": server.world.key}, capture_output=True, check=False
        )
    assert (checked.returncode, checked.stderr, ran.returncode) == (0, b"", 0), ran.stderr
    (video,) = folder.glob("*.mp4")
    assert video.read_bytes()[4:8] == b"ftyp" and b"moov" in video.read_bytes()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_a_linter_of_shell_scripts_has_nothing_to_say(demo: Path, tmp_path: Path) -> None:
    folder = unpacked(demo / "bundle.zip", tmp_path)
    checked = subprocess.run(["shellcheck", "-s", "sh", "repro.sh"], cwd=folder, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_powershell_script_is_powershell(demo: Path, tmp_path: Path) -> None:
    language, parser = pytest.importorskip("tree_sitter_powershell"), pytest.importorskip("tree_sitter")
    script = (unpacked(demo / "bundle.zip", tmp_path) / "repro.ps1").read_bytes()
    tree = parser.Parser(parser.Language(language.language())).parse(script)
    assert b"Invoke-WebRequest" in script and not tree.root_node.has_error


# ---- the whole way of a hostile id

ODD_IDS = ["it's", "a`id`b", "$(id)", 'x";id;"', "x%0Aid", "a&b|c;d", "*[x]", "été", "!!{1,2}~"]


@pytest.mark.skipif(os.name == "nt" or shutil.which("curl") is None, reason="needs a POSIX shell and curl")
def test_the_printed_command_asks_for_the_very_path_that_was_asked(tmp_path: Path) -> None:
    mp4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2\x00\x00\x00\x08free" + b"\x00" * 9000
    works = answer(mp4, "200 OK", media_type="video/mp4")
    nothing = answer(b'{"error": {"code": "404", "message": "Resource not found"}}', "404 Not Found")
    for at, odd in enumerate(ODD_IDS):
        with echoing([nothing]) as server:
            server.choose = lambda head, odd=odd: works if f"/{odd}/content/video?" in unquote(head.decode("latin-1")) else nothing
            options = (
                "--target",
                f"lab={server.url}",
                "--provider",
                "azure",
                "--key-env",
                "CONTOSO_KEY",
                "--id",
                f"generation_id={odd}",
            )
            extra = ("-H", 'X-Note: it\'s $(id) `id` "q"', "-H", "Accept-Language: fr;q=0.8, $HOME")
            only = ("--only", "azure.sora1.content-video", "-x", "", "--retries", "0", "--json", "-o", str(tmp_path / str(at)))
            done = run(tmp_path, "scan", *options, *extra, *only)
            report = json.loads(done.text)
            asked = {line for head in server.heads if f"/{odd}/" in unquote(line := head.decode("latin-1").split(" ")[1])}
            count = len(server.heads)
            variables = {"CONTOSO_KEY": "k3y-0123456789abcdef", "HEADER_X_NOTE": 'it\'s $(id) `id` "q"'}
            command = report["working"][0]["repro"]["curl"]
            subprocess.run(["sh", "-c", command], cwd=tmp_path, env={**os.environ, **variables}, check=True, capture_output=True)
            (head,) = server.heads[count:]
        assert head.decode("latin-1").split(" ")[1] in asked, command
        lines = head.split(b"\r\n")
        assert b"api-key: k3y-0123456789abcdef" in lines and b"Accept-Language: fr;q=0.8, $HOME" in lines
        assert b'X-Note: it\'s $(id) `id` "q"' in lines


@pytest.mark.parametrize("more", [(), ("--anonymise",)])
def test_a_saved_run_that_holds_a_secret_of_its_variable_is_not_written_again(more: tuple[str, ...], tmp_path: Path) -> None:
    secret = "q8Zk3vTn5wLr7xYb2mPd9sGh"
    owner = replace(target(), credentials=(Credential("CONTOSO_VIDEO_KEY", CredentialKind.KEY),))
    saved = evidence((probe(), observation(probe(), response(404, error_message=f"no {secret} here"))), targets=(owner,))
    (tmp_path / "evidence.json").write_text(to_json(saved), encoding="utf-8")
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["report", str(tmp_path), "-o", str(out), *more], env={"CONTOSO_VIDEO_KEY": secret})
    assert done.exit_code != 0 and "would hold the secret of CONTOSO_VIDEO_KEY" in f"{done.output}{done.exception}"
    assert [path for path in out.rglob("*") if path.is_file() and secret in path.read_text(encoding="utf-8")] == []
