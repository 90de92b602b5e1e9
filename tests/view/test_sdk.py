"""The official SDK's call for a proved URL: right for each client, and really sent to that URL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from probe.simulator import running
from probe.view.sdk import call

AZURE = "https://contoso.openai.azure.com"


@pytest.mark.parametrize(
    ("url", "python", "javascript"),
    [
        (f"{AZURE}/openai/v1/videos/video_1a/content", 'client.videos.download_content("video_1a")', "downloadContent"),
        (f"{AZURE}/openai/v1/files/file-1a/content", 'client.files.content("file-1a")', 'files.content("file-1a")'),
        (
            f"{AZURE}/openai/v1/containers/cntr_1a/files/cfile_1b/content",
            'client.containers.files.content.retrieve("cfile_1b", container_id="cntr_1a")',
            'retrieve("cfile_1b", { container_id: "cntr_1a" })',
        ),
        (
            f"{AZURE}/openai/v1/video/generations/gen_1a/content/video?api-version=preview",
            'client.get("/video/generations/gen_1a/content/video", cast_to=HttpxBinaryResponseContent)',
            "__binaryResponse",
        ),
        ("https://api.openai.com/v1/videos/video_1a", 'print(client.videos.retrieve("video_1a"))', "console.log(await client"),
    ],
)
def test_a_path_has_its_method(url: str, python: str, javascript: str) -> None:
    made = call(url, "python", "KEY", "out.bin")
    assert python in made and f'OpenAI(base_url="{url.partition("/v1")[0]}/v1/", api_key=os.environ["KEY"]' in made
    assert javascript in call(url, "javascript", "KEY", "out.bin")
    assert ('default_query={"api-version": "preview"}' in made) == ("preview" in url)


def test_classic_routes_take_azures_own_client() -> None:
    made = call(f"{AZURE}/openai/files/file-1a/content?api-version=2024-10-21", "python", "KEY", "out.jsonl")
    assert f'AzureOpenAI(azure_endpoint="{AZURE}", api_version="2024-10-21"' in made
    assert 'client.files.content("file-1a").write_to_file("out.jsonl")' in made


def test_a_key_that_travels_in_another_header_is_sent_in_it() -> None:
    made = call("https://gateway.example/v1/videos/video_1a/content", "python", "KEY", "out.mp4", "Ocp-Apim-Subscription-Key")
    assert 'default_headers={"Ocp-Apim-Subscription-Key": os.environ["KEY"]}' in made


@pytest.mark.parametrize("url", ["https://contoso.blob.core.windows.net/a/b?sig=x", "https://contoso/openai/deployments/a/videos"])
def test_what_the_sdk_cannot_ask_has_no_call(url: str) -> None:
    assert call(url, "python", "KEY", "out.bin") == ""
    assert call(f"{AZURE}/openai/v1/files/file-1a", "csharp", "KEY", None) == ""


def test_nothing_of_a_url_ends_a_string_of_the_code() -> None:
    made = call('https://a"+evil+"/v1/videos/video_1a/content', "python", "KEY", "out.bin")
    assert 'base_url="https://a\\"+evil+\\"/v1/"' in made


@pytest.mark.parametrize("path", ["/openai/v1/video/generations/{generation_id}/content/video?api-version=preview"])
def test_the_python_call_downloads_the_file(tmp_path: Path, path: str) -> None:
    pytest.importorskip("openai")
    with running("sora1") as server:
        url = server.url + path.format(**server.world.ids)
        code = call(url, "python", "PROBE_TEST_KEY", "video.mp4", "api-key")
        env = {**os.environ, "PROBE_TEST_KEY": server.world.key}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=100, check=False
        )
    assert done.returncode == 0, done.stderr
    assert b"ftyp" in (tmp_path / "video.mp4").read_bytes()[:16]
