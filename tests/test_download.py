"""A download keeps only a whole file: resumed after a break, compared with what the scan saw, under a name that harms nobody."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import random
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from probe.catalogue import load
from probe.cli.described import Wish
from probe.cli.targets import choose
from probe.diagnoses import tell
from probe.download import Download, Fetched, Place
from probe.errors import RunError
from probe.frozen import replace
from probe.model import Answer, Limits
from probe.order import ScanOrder
from probe.pipeline import Scan, Scope
from probe.simulator.media import media
from probe.transport import TransportOptions
from tests.cli.running import environment
from tests.desk import CATALOGUE, KEY
from tests.loopback import Call, Server, answer, serving

pytestmark = pytest.mark.anyio

CLIP = media("clip.mp4")
LONG = CLIP + (1_000_000).to_bytes(4, "big") + b"free" + random.Random(7).randbytes(1_000_000 - 8)
LIMITS = Limits(retries=1, max_wait=0.1, timeout=5.0, rate_limit=10_000.0)


class Files:
    """A server of one file: ranges, validators, and whatever a test does to the whole answers after the scan's."""

    def __init__(self, content: bytes = LONG, *headers: str, cuts: tuple[int, ...] = (), tag: str = '"v1"') -> None:
        self.content, self.headers, self.cuts, self.tag = content, headers, list(cuts), tag
        self.later = content
        self.has_ranges = True
        self.seen: list[tuple[str | None, str | None]] = []

    async def __call__(self, call: Call) -> None:
        if call.path.partition("?")[0] != "/clips/task_1":
            await call.send(answer(b'{"detail": "Not Found"}', "404 Not Found"))
            return
        ranged, is_scan = call.header("range"), call.header("range") == f"bytes=0-{LIMITS.max_artefact - 1}"
        content = self.content if is_scan else self.later
        if not is_scan:
            self.seen.append((ranged, call.header("if-range")))
        start, status, more = 0, "200 OK", ()
        if ranged and (is_scan or self.has_ranges):
            start = int(re.findall(r"\d+", ranged)[0])
            end = min(len(content), LIMITS.max_artefact) if is_scan else len(content)
            status, more = "206 Partial Content", (f"Content-Range: bytes {start}-{end - 1}/{len(content)}",)
            content = content[:end]
        tag = (f"ETag: {self.tag}",) if self.tag else ()
        whole = answer(content[start:], status, *tag, *more, *self.headers, media_type="video/mp4")
        if not is_scan and self.cuts:
            head = whole.index(b"\r\n\r\n") + 4
            await call.send(whole[: head + self.cuts.pop(0)])
            call.writer.transport.abort() if len(self.cuts) % 2 else call.writer.close()
            return
        await call.send(whole)


@asynccontextmanager
async def proved(reply: Callable[[Call], Awaitable[None]], folder: Path, **changes: object) -> AsyncIterator[tuple[Scan, Server]]:
    """A scan whose one route works."""
    (folder / "small.yaml").write_text(CATALOGUE)
    async with serving(reply) as server:
        catalogue = load((str(folder / "small.yaml"),))
        wish = Wish(targets=(f"lab={server.url}",), providers=("generic",), key_variables=("K",), ids=("job_id=task_1",))
        chosen = choose(wish, {"K": KEY}, catalogue.artefacts)
        order = ScanOrder(
            catalogue=catalogue,
            targets=chosen.targets,
            scope=Scope(limits=LIMITS),
            secrets=chosen.secrets,
            options=TransportOptions(proxy="", environment={}),
            root=folder / "reports",
        )
        scan = Scan.start(replace(order, **changes))  # type: ignore[arg-type]
        await scan.run()
        scan.close()
        assert scan.report().answer is Answer.WORKS
        yield scan, server


async def fetched(files: Files, folder: Path, place: Place | None = None, *, is_all: bool = False) -> Fetched:
    out = folder / "out"
    out.mkdir(exist_ok=True)
    async with proved(files, folder) as (scan, _server):
        return await Download(scan, place or Place(out)).fetch(scan.report(), is_all=is_all)


def said(done: Fetched) -> str:
    return "; ".join(tell(one.reason) for one in done.refused)


@pytest.mark.parametrize("seed", range(3))
async def test_a_download_that_is_cut_at_ten_random_bytes_is_whole(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    files = Files(cuts=tuple(dice.randrange(600, len(LONG) // 11) for _ in range(10)))
    done = await fetched(files, tmp_path)
    assert done.is_whole, said(done)
    (file,) = done.saved
    assert file.sha256 == sha256(LONG).hexdigest() == sha256(file.path.read_bytes()).hexdigest()
    assert len(files.seen) == 11
    assert all(one[0] and one[1] == '"v1"' for one in files.seen[1:])
    assert [one.name for one in (tmp_path / "out").iterdir()] == [file.path.name], "a part is left"


async def test_a_server_without_ranges_begins_anew(tmp_path: Path) -> None:
    files = Files(cuts=(5000, 7000))
    files.has_ranges = False
    done = await fetched(files, tmp_path)
    assert done.is_whole
    assert done.saved[0].sha256 == sha256(LONG).hexdigest()


async def test_the_rest_of_another_file_is_noticed_whatever_the_server_says_of_it(tmp_path: Path) -> None:
    """The server heeds no If-Range and has the same tag for everything: only the bytes show it."""
    files = Files(cuts=(300_000,))
    other = CLIP + LONG[len(CLIP) : 250_000] + bytes(len(LONG) - 250_000)

    async def reply(call: Call) -> None:
        ranged = call.header("range")
        files.later = other if ranged and not ranged.startswith("bytes=0-") else LONG
        await files(call)

    out = tmp_path / "out"
    out.mkdir()
    async with proved(reply, tmp_path) as (scan, _server):
        done = await Download(scan, Place(out)).fetch(scan.report())
    assert done.is_whole
    assert done.saved[0].sha256 == sha256(LONG).hexdigest()


@pytest.mark.parametrize(
    ("later", "problem"),
    [
        (LONG[:500_000], "500000 bytes came, but the scan saw a file of"),
        (b'{"error": {"message": "gone"}}', "the bytes are application/json, but the scan saw video/mp4"),
        (media("image.png"), "the bytes are image/png"),
        (b"", "the bytes are -"),
        (b"<html><title>Sign in</title></html>", "text/html"),
        (LONG[: len(LONG) - 4] + b"more", ""),
        (CLIP[:40] + bytes(len(LONG) - 40), "not a whole video/mp4 file: damaged"),
    ],
)
async def test_a_wrong_file_is_refused_with_the_reason(tmp_path: Path, later: bytes, problem: str) -> None:
    files = Files()
    files.later = later
    done = await fetched(files, tmp_path)
    assert done.is_whole is (problem == "")
    assert problem in said(done)
    assert len(list((tmp_path / "out").iterdir())) == len(done.saved)


async def test_a_file_that_never_ends_as_promised_is_refused(tmp_path: Path) -> None:
    done = await fetched(Files(cuts=(700,) + (512,) * 6), tmp_path)
    assert not done.is_whole
    assert "broken off at 700 of" in said(done)


async def test_a_route_that_refuses_now_is_said_with_its_status(tmp_path: Path) -> None:
    count = 0
    files = Files()

    async def reply(call: Call) -> None:
        nonlocal count
        count += call.path == "/clips/task_1"
        await (call.send(answer(b"{}", "403 Forbidden")) if count > 1 and call.path == "/clips/task_1" else files(call))

    async with proved(reply, tmp_path) as (scan, _server):
        done = await Download(scan, Place(tmp_path)).fetch(scan.report())
    assert "the server returned 403" in said(done)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="../../.bashrc"', "bashrc.mp4"),
        ('attachment; filename="C:\\\\Windows\\\\evil.exe"', "evil.exe.mp4"),
        ("attachment; filename*=UTF-8''%2e%2e%2fna%00me%0a.mp4", "name.mp4"),
        ('attachment; filename="CON.mp4"', "clip-task_1.mp4"),
        ('attachment; filename="a\u202egpj.mp4"'.encode().decode("latin-1"), "agpj.mp4"),
        ('attachment; filename="-rf $(touch x).mp4"', "rf_(touch_x).mp4"),
        ('attachment; filename="' + "x" * 500 + '.mp4"', "x" * 117 + ".mp4"),
        ('attachment; filename=""', "clip-task_1.mp4"),
        ("attachment", "clip-task_1.mp4"),
        (f'attachment; filename="{KEY}.mp4"', "clip-task_1.mp4"),
        ("attachment; filename*=UTF-8''" + "%E2%80%8B".join(KEY) + ".mp4", "clip-task_1.mp4"),
    ],
)
async def test_a_hostile_name_becomes_a_plain_one(tmp_path: Path, header: str, name: str) -> None:
    done = await fetched(Files(CLIP, f"Content-Disposition: {header}"), tmp_path)
    assert [one.path.name for one in done.saved] == [name]
    assert [one.name for one in (tmp_path / "out").iterdir()] == [name]


async def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "clip-task_1.mp4").write_text("mine")
    with pytest.raises(RunError, match="it already exists"):
        await fetched(Files(CLIP), tmp_path)
    assert (out / "clip-task_1.mp4").read_text() == "mine"
    done = await fetched(Files(CLIP), tmp_path, Place(out, is_forced=True))
    assert done.saved[0].path.read_bytes() == CLIP


async def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "mine").write_text("mine")
    (out / "clip-task_1.mp4").symlink_to(tmp_path / "mine")
    with pytest.raises(RunError, match="it already exists"):
        await fetched(Files(CLIP), tmp_path)
    await fetched(Files(CLIP), tmp_path, Place(out, is_forced=True))
    assert (tmp_path / "mine").read_text() == "mine"


async def test_a_disk_that_is_full_or_a_folder_that_is_closed_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match="no such folder"):
        await fetched(Files(CLIP), tmp_path, Place(tmp_path / "gone"))
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=100))
    with pytest.raises(RunError, match="no space left"):
        await fetched(Files(CLIP), tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


async def test_a_file_beyond_the_limit_is_refused_before_it_is_received(tmp_path: Path) -> None:
    files = Files()
    done = await fetched(files, tmp_path, Place(tmp_path, most=1000))
    assert "larger than 1000 bytes" in said(done)
    assert len(files.seen) == 1


async def test_a_link_elsewhere_gets_no_key_and_is_fetched_whole(tmp_path: Path) -> None:
    files = Files(CLIP)

    async def elsewhere(call: Call) -> None:
        call.head = call.head.replace(b"/blob/x", b"/clips/task_1", 1)
        await files(call)

    async with serving(elsewhere, host="127.0.0.1") as storage:

        async def reply(call: Call) -> None:
            body = json.dumps({"url": f"{storage.url}/blob/x?sig=s3cr3tsignature"}).encode()
            await call.send(
                answer(
                    body if call.path == "/clips/task_1" else b"{}", "200 OK" if call.path == "/clips/task_1" else "404 Not Found"
                )
            )

        async with proved(reply, tmp_path) as (scan, server):
            done = (
                await Download(scan, Place(tmp_path / "out")).fetch(scan.report()) if (tmp_path / "out").mkdir() is None else None
            )
        assert done is not None
        assert done.is_whole, said(done)
        assert KEY in server.heads
        assert KEY not in storage.heads
        assert "sig=s3cr3tsignature" in storage.heads
        assert "s3cr3tsignature" not in done.saved[0].url


async def test_an_artefact_inside_json_is_decoded(tmp_path: Path) -> None:
    body = json.dumps({"id": "x", "b64_json": "data:video/mp4;base64," + base64.b64encode(CLIP).decode()}).encode()

    async def reply(call: Call) -> None:
        await call.send(answer(body) if call.path == "/clips/task_1" else answer(b"{}", "404 Not Found"))

    out = tmp_path / "out"
    out.mkdir()
    async with proved(reply, tmp_path) as (scan, _server):
        done = await Download(scan, Place(out)).fetch(scan.report())
    assert done.is_whole, said(done)
    assert done.saved[0].path.read_bytes() == CLIP


def stalling(files: Files, begun: asyncio.Event) -> Callable[[Call], Awaitable[None]]:
    """Answer the first whole request with the beginning of the file, and then nothing more."""

    async def reply(call: Call) -> None:
        if call.path == "/clips/task_1" and call.header("range") is None and not begun.is_set():
            await call.send((head_of(files) + LONG)[:300_000])
            begun.set()
            await asyncio.sleep(60)
        await files(call)

    return reply


DATA = b"data:video/mp4;base64," + base64.b64encode(CLIP)
WRAPPED = {
    "a data: URL": ("text/plain", DATA),
    "a data: URL as JSON": ("application/json", json.dumps(DATA.decode()).encode()),
    "base64 in lines": ("application/octet-stream", base64.encodebytes(CLIP)),
    "gzip": ("application/octet-stream", gzip.compress(CLIP)),
    "gzip in base64": ("text/plain", base64.b64encode(gzip.compress(CLIP))),
}


@pytest.mark.parametrize("name", WRAPPED)
@pytest.mark.parametrize("cut", [0, 40])
async def test_a_whole_body_is_unwrapped_and_a_cut_one_is_refused(tmp_path: Path, name: str, cut: int) -> None:
    media_type, body = WRAPPED[name]
    whole = answer(body, media_type=media_type)
    count = 0

    async def reply(call: Call) -> None:
        nonlocal count
        count += call.path == "/clips/task_1"
        again = answer(body[: len(body) - cut], media_type=media_type) if count > 1 else whole
        await call.send(again if call.path == "/clips/task_1" else answer(b"{}", "404 Not Found"))

    out = tmp_path / "out"
    out.mkdir()
    async with proved(reply, tmp_path) as (scan, _server):
        done = await Download(scan, Place(out)).fetch(scan.report())
    assert done.is_whole is not bool(cut), said(done)
    assert [one.read_bytes() for one in out.iterdir()] == ([] if cut else [CLIP])
    assert bool(said(done)) is bool(cut)


async def grown(folder: Path) -> None:
    """Wait until much of what was sent is on the disk."""
    while not any(one.stat().st_size > 100_000 for one in folder.glob("*.part")):
        await asyncio.sleep(0.005)


def head_of(files: Files) -> bytes:
    tag = (f"ETag: {files.tag}",) if files.tag else ()
    return answer(b"", "200 OK", *tag, *files.headers, media_type="video/mp4").replace(
        b"Content-Length: 0", f"Content-Length: {len(LONG)}".encode()
    )


@asynccontextmanager
async def stopped_download(scan: Scan, out: Path, begun: asyncio.Event) -> AsyncIterator[None]:
    """A download that is cancelled at the end of the block, of which a part is there at its beginning."""
    task = asyncio.create_task(Download(scan, Place(out)).fetch(scan.report()))
    await begun.wait()
    await grown(out)
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("tag", ['"v1"', ""])
async def test_a_cancelled_download_goes_on_where_a_validator_shows_that_it_is_the_same_file(tmp_path: Path, tag: str) -> None:
    files, begun = Files(tag=tag), asyncio.Event()
    out = tmp_path / "out"
    out.mkdir()
    async with proved(stalling(files, begun), tmp_path) as (scan, _server):
        async with stopped_download(scan, out, begun):
            pass
        assert len(list(out.iterdir())) == (2 if tag else 0), "a part with its note, or nothing"
        assert all(one.name.startswith(".probe-") and one.stat().st_mode & 0o77 == 0 for one in out.iterdir()) or os.name == "nt"
        done = await Download(scan, Place(out)).fetch(scan.report())
    assert done.is_whole
    assert sha256(done.saved[0].path.read_bytes()).hexdigest() == sha256(LONG).hexdigest()
    assert [one.name for one in out.iterdir()] == [done.saved[0].path.name]
    ((ranged, validator),) = files.seen
    assert (bool(ranged), validator) == ((True, tag) if tag else (False, None))


@pytest.mark.parametrize("where", ["ETag", "Content-Disposition"])
async def test_no_secret_of_a_header_is_kept_beside_a_part(tmp_path: Path, where: str) -> None:
    shown = f'"{base64.b64encode(KEY.encode()).decode()}"'
    files, begun = Files(LONG, *([] if where == "ETag" else [f"{where}: attachment; filename={shown}"])), asyncio.Event()
    files.tag = shown if where == "ETag" else files.tag
    out = tmp_path / "out"
    out.mkdir()
    async with proved(stalling(files, begun), tmp_path) as (scan, _server), stopped_download(scan, out, begun):
        assert list(out.glob(".probe-*.json")) == []


@pytest.mark.parametrize("what", ["other tag", "other content", "damaged note", "planted"])
async def test_a_part_of_another_file_is_not_gone_on_with(tmp_path: Path, what: str) -> None:
    files, begun = Files(), asyncio.Event()
    out = tmp_path / "out"
    out.mkdir()
    async with proved(stalling(files, begun), tmp_path) as (scan, _server):
        async with stopped_download(scan, out, begun):
            pass
        (part,), (note,) = out.glob("*.part"), out.glob("*.json")
        if what == "other tag":
            files.tag = '"v2"'
        elif what == "other content":
            part.write_bytes(bytes(part.stat().st_size))
        elif what == "damaged note":
            note.write_text("{")
        else:
            part.chmod(0o666)
        done = await Download(scan, Place(out)).fetch(scan.report())
    assert done.is_whole
    assert done.saved[0].sha256 == sha256(LONG).hexdigest()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of POSIX")
async def test_a_download_whose_process_was_killed_goes_on(tmp_path: Path) -> None:
    files, begun = Files(), asyncio.Event()
    (tmp_path / "small.yaml").write_text(CATALOGUE)
    async with serving(stalling(files, begun)) as server:
        words = ["download", "--catalogue", "small.yaml", "--target", f"lab={server.url}", "--provider", "generic"]
        words += ["--key-env", "K", "--id", "job_id=task_1", "--rate-limit", "1000", "-o", "out/", "-q"]

        async def download() -> asyncio.subprocess.Process:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "probe", *words, cwd=tmp_path, env=environment({"K": KEY}), stdout=asyncio.subprocess.PIPE
            )

        process = await download()
        await begun.wait()
        await grown(tmp_path / "out")
        process.kill()
        await process.communicate()
        process = await download()
        told, _ = await process.communicate()
    assert process.returncode == 0
    assert sha256(LONG).hexdigest() in told.decode()
    assert [one.suffix for one in (tmp_path / "out").iterdir()] == [".mp4"]
    ((ranged, validator),) = files.seen
    assert ranged is not None
    assert int(ranged.removeprefix("bytes=").rstrip("-")) > 90_000
    assert validator == '"v1"'
