"""What `probe diagnose` prints to be copied works as it stands: the scan that decides, and the call that works."""

from __future__ import annotations

import ast
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import probe.cli
from probe.catalogue import load
from probe.cli.diagnose import lines_of
from probe.cli.pasted import Paste
from probe.diagnosing import Judged
from probe.diagnosing import diagnose as judged
from probe.intake import understand
from probe.simulator import Server, running
from tests.intake.corpus import knowledge

ROUTE = "/openai/v1/video/generations/{id}/content?api-version=preview"
ROUTER = '{"error":{"code":"404","message": "Resource not found"}}'
PASTES = {
    "curl": 'curl "{url}" -H "api-key: CanaryKey0123456789abcdef012345"\n' + ROUTER,
    "PowerShell": "Invoke-RestMethod -Uri '{url}' -Headers $h -Method Get\nInvoke-RestMethod: " + ROUTER,
    "requests": "requests.exceptions.HTTPError: 404 Client Error: Resource Not Found for url: {url}",
    "log": '{{"level":50,"method":"GET","url":"{url}","status":404,"err":{{"code":"404","message":"Resource not found"}}}}',
    "HAR": '{{"log":{{"entries":[{{"request":{{"method":"GET","url":"{url}"}},"response":{{"status":404}}}}]}}}}',
    "environment": "AZURE_OPENAI_ENDPOINT={base}\nOPENAI_API_VERSION=preview\nGENERATION_ID={id}\n",
    "SDK": 'client = OpenAI(base_url="{base}/openai/v1/", default_query={{"api-version": "preview"}})\n'
    'client.get("/video/generations/{id}/content")\n'
    "openai.NotFoundError: Error code: 404 - {{'error': {{'code': '404', 'message': 'Resource not found'}}}}",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("sora1") as one:
        yield one


def case(kind: str, base: str, generation: str) -> Judged:
    template = PASTES[kind].replace(ROUTER, ROUTER.replace("{", "{{").replace("}", "}}"))
    text = template.format(url=base + ROUTE.format(id=generation), base=base, id=generation)
    return judged(load(("default",)), understand(text, knowledge()))


@pytest.mark.parametrize("kind", PASTES)
def test_the_scan_that_decides_runs_as_it_is_printed(
    kind: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", server.world.key)
    found = case(kind, server.url, server.world.ids["generation_id"])
    printed = next(line for line in lines_of(found, Paste("")) if line.startswith("NEXT"))
    program, *words = shlex.split(printed.removeprefix("NEXT"))
    assert program == "probe"
    is_whole = kind in ("curl", "SDK")
    with pytest.raises(SystemExit) as ended:
        probe.cli.main([*words, *(["--json"] if is_whole else ["--dry-run"])])
    out, err = capsys.readouterr()
    assert ended.value.code == 0, err
    if is_whole:
        assert json.loads(out)["smallest_change"]["differences"] == ["path: /content -> /content/video"]
    else:
        assert server.url in out


def test_a_paste_of_sdk_code_gets_the_request_and_the_call_that_work() -> None:
    found = case("SDK", "https://contoso.openai.azure.com", "gen_01k7abc4xyz")
    assert found.repair is not None
    right = "https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k7abc4xyz/content/video?api-version=preview"
    assert (found.repair.method, found.repair.url) == ("GET", right)
    code = ast.unparse(ast.parse(found.repair.sdk))
    assert "OpenAI(base_url='https://contoso.openai.azure.com/openai/v1/', api_key=os.environ['AZURE_OPENAI_API_KEY']" in code
    assert "client.get('/video/generations/gen_01k7abc4xyz/content/video'" in code
    lines = list(lines_of(found, Paste("")))
    assert f"  request     GET {right}" in lines
    assert [line for line in lines if line.startswith("  SDK call")] == ["  SDK call    import os"]


def test_a_video_asked_by_azures_own_client_gets_the_method_of_the_plain_one() -> None:
    text = (
        'client = AzureOpenAI(azure_endpoint="https://contoso.openai.azure.com", api_version="2025-04-01-preview")\n'
        'client.videos.download_content("video_68fa12bc34de56f7")\n'
        "openai.NotFoundError: Error code: 404 - {'error': {'code': '404', 'message': 'Resource not found'}}"
    )
    found = judged(load(("default",)), understand(text, knowledge())).repair
    assert found is not None
    assert found.url == "https://contoso.openai.azure.com/openai/v1/videos/video_68fa12bc34de56f7/content"
    assert 'OpenAI(base_url="https://contoso.openai.azure.com/openai/v1/"' in found.sdk
    assert 'client.videos.download_content("video_68fa12bc34de56f7")' in found.sdk


def test_a_request_that_is_right_is_not_repaired() -> None:
    url = "https://contoso.openai.azure.com/openai/v1/videos/video_68fa12bc34de56f7/content"
    for answer in (ROUTER, '{"error":{"code":"401","message":"Access denied due to invalid subscription key."}}'):
        assert judged(load(("default",)), understand(f"GET {url}\n{answer}", knowledge())).repair is None
