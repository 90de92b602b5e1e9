from __future__ import annotations

import gzip
import io
import json
import struct
import wave
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model import Magic
from probe.sniff import html_title, sniff
from tests.each import each
from tests.growth import assert_linear, repeated

MP4 = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp42") + struct.pack(">I4s", 8, b"free") + b"\x00" * 40
MP3_FRAME = b"\xff\xfb\x90\x00" + b"\x00" * 413
AAC_FRAME = bytes([0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC]) + b"\x00" * 9


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


def a_wav() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00" * 16)
    return buffer.getvalue()


@each(
    [
        (MP4, "video/mp4"),
        (MP4.replace(b"ftypisom", b"ftypqt  "), "video/quicktime"),
        (MP4.replace(b"ftypisom", b"ftypM4A "), "audio/mp4"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\xff\xd8\xff\xdb\x00\x43", "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00", "image/gif"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x23TSSE", "audio/mpeg"),
        (MP3_FRAME * 2, "audio/mpeg"),
        (AAC_FRAME * 2, "audio/aac"),
        (a_wav(), "audio/wav"),
        (b"OggS\x00\x02" + b"\x00" * 20, "audio/ogg"),
        (b"fLaC\x00\x00\x00\x22" + b"\x00" * 34, "audio/flac"),
        (a_zip(), "application/zip"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (gzip.compress(b"x", mtime=0), "application/gzip"),
        (b'{"a": [1, null, {"b": "\xc3\xa9"}]}', "application/json"),
        (b"\xef\xbb\xbf  []", "application/json"),
        (b'{\n "a": 1,\n "b": 2\n}\n', "application/json"),
        (b'{"n": ' + b"9" * 6000 + b"}", "application/json"),
        (b'{"a":1}\n{"b":2}\n', "application/jsonl"),
        (b'{"a":1}\r\n{"b":2}', "application/jsonl"),
        (b"step,train_loss,valid_loss\n1,2.5,\n2,2.25,0.5\n", "text/csv"),
        (b'a,b\n"x, y","line\nbreak"\n', "text/csv"),
        (b"code,message\nNotFound,no such result\n", "text/plain"),
        (b"id,code,message\n7,NotFound,no such result\n", "text/csv"),
        (b'<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code></Error>', "application/xml"),
        (b"<Error><Code>BlobNotFound</Code></Error>\n", "application/xml"),
        (b"<!DOCTYPE html>\n<html><head></head></html>", "text/html"),
        (b"<!-- a gateway --><html lang=en></html>", "text/html"),
        (b"<center><h1>502 Bad Gateway</h1></center>", "text/html"),
        (b'<?xml version="1.0"?><html xmlns="x"></html>', "text/html"),
        (b"Not found", "text/plain"),
        ("Привет, мир".encode(), "text/plain"),
    ]
)
def test_content_is_recognised_by_its_bytes(content: bytes, media_type: str) -> None:
    assert sniff(content) == media_type


@each(
    [
        (b"", None),
        (b"   \n", None),
        (b"\x00\x01\x02\x03", None),
        (b"abc\x00def", None),
        (b"\xff\xfe\xfd\xfc\xfb", None),
        (b"caf\xe9", None),
        (b"\x00\x00\x00\x18ft", None),
        (b"ftypisom", "text/plain"),
        (b'{"type": "ftypisom"}', "application/json"),
        (b"....ftypisom and more text, really", "text/plain"),
        (MP4[:6], None),
        (MP4[:24], None),
        (MP4[:24] + b"\x00" * 40, None),
        (b"\x00\x00\x00\x18ftyp\x00\x00\x00\x00" + MP4[12:], None),
        (b"\x00\x00\x00\x18ftypmp42<html><body>login here please</body></html>", None),
        (b"\xff\xfb\x90\x00" + b"noise" * 100, None),
        (b"step,train_loss,valid_loss\n", "text/plain"),
        (b"Sorry, not found\nPlease, try again\n", "text/plain"),
        (b"a,b\n1,2,3\n", "text/plain"),
        (b"[INFO] started", "text/plain"),
        (b"{not json}", "text/plain"),
        (b'{"a":1}\nnot json\n', "text/plain"),
        (b"12", "text/plain"),
        (b"<Error><Code>x", "text/plain"),
        (b"ID3 is a tag", "text/plain"),
        (b"a < b > c", "text/plain"),
    ]
)
def test_what_only_looks_like_a_format_is_no_proof(content: bytes, media_type: str | None) -> None:
    assert sniff(content) == media_type


@each(
    [
        (MP4[:16], "video/mp4"),
        (MP4[:28], "video/mp4"),
        (MP4[:10], None),
        (b'{"a": [1, 2, {"b": "cut of', "application/json"),
        (b'{"a": tru', "application/json"),
        (b'{"a": "\xc3', "application/json"),
        (b'{"a":1}\n{"b":2}\n{"c": "cu', "application/jsonl"),
        (b'{"a":1}\n{"b', "application/jsonl"),
        (b"a,b\n1,2\n3", "text/csv"),
        (b"a,b\n1,", "text/plain"),
        (b"<Error><Code>Blob", "application/xml"),
        ("Приве".encode()[:-1], "text/plain"),
        (b"{not json, cut", "text/plain"),
    ]
)
def test_a_truncated_content_may_be_cut_anywhere_in_its_last_line(content: bytes, media_type: str | None) -> None:
    assert sniff(content, is_truncated=True) == media_type


def test_magic_of_the_catalogue_comes_first() -> None:
    magic = Magic(4, b"ftyp".hex(), "video/x-special")
    assert sniff(b"\x00\x00\x00\x18ftypspec", [magic]) == "video/x-special"
    assert sniff(b"plain", [magic]) == "text/plain"


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_sniffed_without_an_error(content: bytes, is_truncated: bool) -> None:
    sniff(content, is_truncated=is_truncated)
    html_title(content)


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.lists(st.floats(allow_nan=False)))), st.data())
def test_any_cut_of_a_json_object_is_json(value: dict[str, object], data: st.DataObject) -> None:
    content = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    assert sniff(content) == "application/json"
    cut = data.draw(st.integers(1, len(content)))
    assert sniff(content[:cut], is_truncated=True) == "application/json"


@pytest.mark.parametrize("unit", ["[", '{"a":', '"', "\\", "<", "<!--", "<a ", "{}\n", "a,b\n", '"\\', "<title>", ","])
@pytest.mark.parametrize("head", ["", "{", "["])
def test_sniffing_hostile_content_takes_linear_time(head: str, unit: str) -> None:
    def sniffed(text: str) -> None:
        content = text.encode()
        sniff(content, is_truncated=True)
        sniff(content)
        html_title(content)

    assert_linear(sniffed, repeated(unit, head))


@pytest.mark.parametrize(
    ("page", "title"),
    [
        (b"<html><TITLE lang='en'>\n Sign in &amp;\t go </TITLE>", "Sign in & go"),
        (b"<title></title>", None),
        (b"no page", None),
        (b"<title>" + b"x" * 900 + b"</title>", "x" * 900),
        (b"<title>cut in the mid", None),
    ],
)
def test_the_title_of_a_page_is_one_short_line(page: bytes, title: str | None) -> None:
    assert html_title(page) == title
