"""A world on a port: starts at once, records what arrives, stops without a trace; the official SDK is a client like any other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest
from click.testing import CliRunner

from probe.cli.simulate import invitation, simulate
from probe.errors import UsageError
from probe.simulator import WORLDS, Server, create_app, running
from probe.simulator.media import JSONL, media


def test_a_world_starts_and_stops_quickly_and_frees_its_port() -> None:
    began = time.monotonic()
    with running("sora1") as server:
        port = server.port
        assert (
            httpx.get(f"{server.url}/openai/v1/models", headers={"api-key": server.world.key}, trust_env=False).status_code == 200
        )
    assert time.monotonic() - began < 15
    with running("sora1", port=port) as again:
        assert again.port == port


def test_requests_are_recorded_with_their_headers() -> None:
    with running("generic") as server:
        httpx.get(f"{server.url}/status/x?a=1", headers={"X-One": "1"}, trust_env=False)
    (request,) = server.requests
    assert (request.method, request.path, request.query) == ("GET", "/api/status/x", "a=1")
    assert ("x-one", "1") in [(name.lower(), value) for name, value in request.headers]


def test_head_says_the_size_a_range_is_a_part_and_the_date_is_sent_once() -> None:
    with running("sora1") as server, httpx.Client(headers={"api-key": server.world.key}, trust_env=False) as client:
        url = f"{server.url}/openai/v1/video/generations/{server.world.ids['generation_id']}/content/video"
        head, part = client.head(url), client.get(url, headers={"range": "bytes=4-11"})
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "8149", b"")
    assert (part.status_code, part.content, len(part.headers.get_list("date"))) == (206, b"ftypisom", 1)
    with running("no-head") as server:
        assert httpx.head(
            url.replace(url.split("/openai")[0], server.url), headers={"api-key": server.world.key}, trust_env=False
        ).is_error


def test_latency_delays_every_answer() -> None:
    with running("generic", latency=0.15) as server:
        began = time.monotonic()
        httpx.get(f"{server.url}/status/x", trust_env=False)
        assert time.monotonic() - began >= 0.15


def test_an_unknown_world_and_a_taken_port_are_refused() -> None:
    with pytest.raises(KeyError):
        create_app("nothing")
    with running("sora1") as server, pytest.raises(OSError, match="in use"), running("sora1", port=server.port):
        pass


@pytest.mark.anyio
async def test_the_application_can_be_asked_without_a_socket() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app("soft-404")), base_url="http://sim") as client:
        assert (await client.get("/anything")).status_code == 200


def _client(server: Server, path: str):  # type: ignore[no-untyped-def]
    openai = pytest.importorskip("openai")
    return openai.OpenAI(base_url=server.origin + path, api_key=server.world.key, max_retries=0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("world", "path"), [("sora2", "/openai/v1"), ("openai", "/v1")])
def test_official_sdk_lists_creates_retrieves_and_downloads_a_video(world: str, path: str) -> None:
    with running(world) as server, _client(server, path) as client:
        video = client.videos.retrieve(server.world.ids["video_id"])
        assert (video.status, video.progress) == ("completed", 100)
        assert client.videos.download_content(video.id).read() == media("clip.mp4")
        assert client.videos.download_content(video.id, variant="thumbnail").read() == media("image.webp")
        assert video.id in [one.id for one in client.videos.list()]
        made = client.videos.create(model="sora-2", prompt="A dog.")
        statuses = [client.videos.retrieve(made.id).status for _ in range(2)]
        assert (made.status, statuses) == ("queued", ["in_progress", "completed"])
        assert client.videos.download_content(made.id).read() == media("clip.mp4")


@pytest.mark.parametrize(
    ("world", "path"), [("batch", "/openai/v1"), ("openai-batch", "/v1"), ("project-batch", "/api/projects/sim-project/openai/v1")]
)
def test_official_sdk_finds_the_output_of_a_batch(world: str, path: str) -> None:
    with running(world) as server, _client(server, path) as client:
        batch = client.batches.retrieve(server.world.ids["batch_id"])
        assert client.files.content(batch.output_file_id).read() == JSONL
        assert len(list(client.files.list(limit=10))) == 45


def test_official_sdk_understands_the_errors() -> None:
    openai = pytest.importorskip("openai")
    with running("spend-limit") as server, _client(server, "/v1") as client, pytest.raises(openai.RateLimitError) as caught:
        client.models.list()
    assert caught.value.code == "insufficient_quota"
    with running("openai") as server, _client(server, "/v1") as client, pytest.raises(openai.NotFoundError, match="Invalid URL"):
        client.get("/nothing", cast_to=object)


def test_the_list_names_every_world() -> None:
    output = CliRunner().invoke(simulate, ["--list"]).output
    assert [line.split()[0] for line in output.splitlines()] == list(WORLDS)


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ("sora1", ["AZURE_OPENAI_API_KEY=sim-key", "--provider azure --id job_id=task_01k74", "url   http://127.0.0.1:8765"]),
        ("missing-role", ["AZURE_OPENAI_AD_TOKEN=sim-entra"]),
        ("openai", ["OPENAI_API_KEY=sim-key"]),
        ("kling", ["export LAB_KEY=sim-key", "--provider generic --key-env LAB_KEY --id job_id="]),
        ("generic", ["--target lab=http://127.0.0.1:8765/api --provider generic --id job_id="]),
    ],
)
def test_the_invitation_holds_all_that_a_scan_needs(world: str, expected: list[str]) -> None:
    text = invitation(Server(create_app(world), 8765))
    assert [part for part in expected if part not in text] == []
    assert ("KEY" in text) == (world in {"sora1", "openai", "kling"})


def test_a_misspelt_world_and_a_taken_port_are_mistakes_of_the_user() -> None:
    error = CliRunner().invoke(simulate, ["--world", "firewal"]).exception
    assert isinstance(error, UsageError)
    assert "did you mean 'firewall'?" in error.hint
    with running("sora1") as server:
        assert isinstance(CliRunner().invoke(simulate, ["--port", str(server.port)]).exception, UsageError)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_ends_the_command_well() -> None:
    command = [sys.executable, "-W", "error", "-m", "probe", "simulate", "--world", "sora2"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores Ctrl-C
    ) as process:
        assert process.stdout
        line = ""
        while not line.startswith("Ctrl-C"):
            line = process.stdout.readline()
            assert line
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "stopped\n")
