"""Whole files pass, and the same files cut or damaged anywhere that their structure can show do not."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile

import pytest

from probe.simulator.media import CSV, JSONL, media, skill_zip
from probe.sniff import sniff
from probe.whole import flaw
from tests.each import each

GIF = b"GIF89a" + b"\x01\0\x01\0\0\0\0" + b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
FILES = {
    "mp4": media("clip.mp4"),
    "png": media("image.png"),
    "jpeg": media("image.jpg"),
    "webp": media("image.webp"),
    "gif": GIF,
    "pdf": PDF,
    "zip": skill_zip(),
    "jsonl": JSONL,
    "csv": CSV,
    "gzip": gzip.compress(JSONL) + gzip.compress(CSV),
    "json": b'{"a": [1, 2, {"b": "c"}]}',
}


def said(content: bytes, media_type: str | None = None) -> str:
    return flaw(io.BytesIO(content), media_type or sniff(content))


@each(FILES)
def test_a_whole_file_has_no_flaw(name: str) -> None:
    assert said(FILES[name]) == ""


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("cut", [0.35, 0.6, 0.9])
def test_a_cut_file_is_not_whole(name: str, cut: float) -> None:
    content = FILES[name]
    assert said(content[: int(len(content) * cut)], sniff(content)) != ""


def test_an_empty_file_is_not_whole() -> None:
    assert said(b"", "text/plain") == "empty"


def test_one_changed_byte_of_a_png_is_seen() -> None:
    content = bytearray(FILES["png"])
    content[len(content) // 2] ^= 1
    assert said(bytes(content), "image/png") == "damaged"


def test_a_line_that_is_no_json_in_the_middle_is_damage_and_at_the_end_a_cut() -> None:
    lines = JSONL.splitlines(keepends=True)
    assert said(lines[0] + b"oops\n" + lines[1], "application/jsonl") == "damaged"
    assert said(lines[0] + lines[1][:-9], "application/jsonl") == "cut"


def test_a_csv_with_line_breaks_in_quotes_is_whole_and_with_an_open_quote_is_not() -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b"], ["x\ny", "z"]])
    content = text.getvalue().encode()
    assert said(content, "text/csv") == ""
    assert said(content[:-6], "text/csv") == "cut"


def test_a_zip_of_more_than_65535_files_is_whole() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(65_600):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    assert said(buffer.getvalue()) == ""
    assert said(buffer.getvalue()[:-60], "application/zip") == "cut"


def test_a_file_that_streams_its_last_box_is_whole() -> None:
    """ISO 14496-12, 4.2: size 0 means to the end of the file, size 1 that 64 bits follow."""
    ftyp = (24).to_bytes(4, "big") + b"ftypisom\0\0\2\0isommp42"
    moov = (1).to_bytes(4, "big") + b"moov" + (24).to_bytes(8, "big") + bytes(8)
    assert said(ftyp + moov + bytes(4) + b"mdat" + bytes(500), "video/mp4") == ""
    assert said(ftyp + moov, "video/mp4") == "incomplete"
