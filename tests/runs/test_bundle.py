"""A bundle that a stranger sent: what is in it is read as data, and every trick is one clear error."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from probe.errors import RunError
from probe.formats.bundle import bundle
from probe.runs.codec import to_json
from probe.runs.saved import load_run
from tests.formats.rich import rich_report

EVIDENCE = to_json(rich_report().evidence).encode()


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def signed(evidence: bytes, *more: tuple[str, bytes]) -> bytes:
    manifest = f"{sha256(evidence).hexdigest()}  evidence.json\n".encode()
    return zipped([("evidence.json", evidence), ("MANIFEST.sha256", manifest), *more])


def flipped(content: bytes) -> bytes:
    at = content.index(b"evidence.json") + 400
    return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]


def crowd() -> bytes:
    return signed(EVIDENCE, *((f"f{number}", b"") for number in range(200)))


def test_the_evidence_of_a_bundle_is_that_of_the_run(tmp_path: Path) -> None:
    report = rich_report()
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle(report, {"evidence.json": EVIDENCE, "report.md": b"# x\n"}))
    assert load_run(path) == report.evidence


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: b"", "not a bundle"),
        (lambda: b"PK\x03\x04" + b"\0" * 100, "not a bundle"),
        (lambda: signed(EVIDENCE)[:-30], "not a bundle"),
        (lambda: signed(EVIDENCE) + b"more", "not a bundle"),
        (crowd, "more than 100 files"),
        (lambda: flipped(signed(EVIDENCE)), "a damaged zip"),
        (lambda: signed(EVIDENCE, ("../../.bashrc", b"x")), "is not a file of a bundle"),
        (lambda: signed(EVIDENCE, ("C:x", b"x")), "is not a file of a bundle"),
        (lambda: signed(EVIDENCE, ("evidence.json", b"{}")), "contains a file twice"),
        (lambda: zipped([("MANIFEST.sha256", b"")]), "no evidence.json in it"),
        (lambda: zipped([("evidence.json", EVIDENCE)]), "no MANIFEST.sha256 in it"),
        (lambda: zipped([("evidence.json", EVIDENCE), ("MANIFEST.sha256", b"0  evidence.json\n")]), "was changed"),
        (lambda: signed(b"{}"), "no evidence of probe"),
        (lambda: signed(EVIDENCE.replace(b'"status_code":206', b'"status_code":"206"')), "status_code"),
    ],
)
def test_a_trick_is_one_clear_error(tmp_path: Path, make: Callable[[], bytes], problem: str) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(make())
    with pytest.raises(RunError, match=problem) as caught:
        load_run(path)
    assert caught.value.hint


def test_a_directory_of_a_million_files_is_never_built(tmp_path: Path) -> None:
    """The end record lies about their number; the size of the directory, which the reader believes, gives it away."""
    content = bytearray(signed(EVIDENCE))
    content[-10:-6] = (60 * 1024 * 1024).to_bytes(4, "little")
    path = tmp_path / "bundle.zip"
    path.write_bytes(content)
    with pytest.raises(RunError, match="not a bundle"):
        load_run(path)


def test_a_bomb_is_unpacked_up_to_a_limit_and_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.runs.bundle._MOST_UNPACKED", 1024 * 1024)
    path = tmp_path / "bundle.zip"
    path.write_bytes(signed(b"0" * (8 * 1024 * 1024)))
    with pytest.raises(RunError, match="unpacks to more than 1048576 bytes"):
        load_run(path)


def test_half_a_megabyte_does_not_become_half_a_gigabyte(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(signed(b"[" + b"1," * (4 * 1024 * 1024) + b"1]"))
    with pytest.raises(RunError, match="unpacks to more than 4194304 bytes"):
        load_run(path)
