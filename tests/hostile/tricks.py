"""Misbehaviours of servers, each with what must be observed: a table of names, bytes and expectations."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from probe.diagnoses import tell
from probe.model import Limits, Response, Role
from tests.loopback import Call, answer

LIMITS = Limits(
    concurrency=16,
    rate_limit=0.0,
    retries=0,
    timeout=1.5,
    connect_timeout=1.0,
    silence_timeout=0.6,
    max_requests=1000,
    max_time=60.0,
    max_body=256 * 1024,
)

Behaviour = Callable[[Call], Awaitable[None]]


@dataclass(frozen=True)
class Trick:
    """`reply` is sent and the connection closed (`is_kept`: left open). Either a `status_code` or a `failure` must be observed.

    `words` must be the limits that were hit; `check` looks closer at the response.
    """

    name: str
    reply: bytes | Behaviour
    status_code: int | None = None
    failure: str | None = None
    words: tuple[str, ...] = ()
    role: Role = Role.METADATA
    method: str = "GET"
    is_kept: bool = False
    check: Callable[[Response], object] = field(default=lambda _: True)

    async def play(self, call: Call) -> None:
        """Answer a request with it."""
        if callable(self.reply):
            await self.reply(call)
            return
        await call.send(self.reply)
        if not self.is_kept:
            call.writer.close()


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode("latin-1")


def reset(call: Call) -> None:
    """Close with RST instead of FIN."""
    sock = call.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.writer.transport.abort()


def then(*steps: bytes | float, end: str = "close") -> Behaviour:
    """Send bytes and pause for seconds in turn; at the end close, reset, or wait for ever."""

    async def reply(call: Call) -> None:
        for step in steps:
            if isinstance(step, bytes):
                await call.send(step)
            else:
                await asyncio.sleep(step)
        if end == "wait":
            await asyncio.sleep(30)
        elif end == "reset":
            await asyncio.sleep(0.05)
            reset(call)
        elif end == "close":
            call.writer.close()

    return reply


def endless(start: bytes, part: bytes, pause: float = 0.0) -> Behaviour:
    async def reply(call: Call) -> None:
        await call.send(start)
        while True:
            await call.send(part)
            await asyncio.sleep(pause)

    return reply


def document(value: Any, *headers: str) -> bytes:
    return answer(json.dumps(value).encode(), "200 OK", *headers)


def packed(encoding: str, body: bytes) -> bytes:
    return answer(body, "200 OK", f"Content-Encoding: {encoding}")


CHUNKED = head("200 OK", "Content-Type: application/json", "Transfer-Encoding: chunked")
MALFORMED = "http_response_malformed"
TOO_LARGE = "response_header_too_large"
BOMB = gzip.compress(bytes(10_000_000), mtime=0)
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41\0\0\x20\0free" + bytes(8000)

STATUS_LINES = (
    Trick("http-0.9", b"<html>hello</html>", failure=MALFORMED),
    Trick("misspelt-protocol", b"HTPP/1.1 200 OK\r\n\r\n", failure=MALFORMED),
    Trick("status-000", head("000 Zero"), failure=MALFORMED),
    Trick("status-099", head("099 Low"), failure=MALFORMED),
    Trick("status-600", head("600 High", "Content-Length: 0"), status_code=600),
    Trick("status-999", head("999 Highest", "Content-Length: 0"), status_code=999),
    Trick("status-1000", head("1000 Too High"), failure=MALFORMED),
    Trick("status-of-two-digits", head("20 OK"), failure=MALFORMED),
    Trick("status-negative", head("-200 OK"), failure=MALFORMED),
    Trick("status-in-words", head("OK 200"), failure=MALFORMED),
    Trick("status-without-reason", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", status_code=200),
    Trick(
        "reason-in-latin-1",
        head("404 Pas trouv\xe9", "Content-Length: 0"),
        status_code=404,
        check=lambda r: r.reason_phrase == "Pas trouvé",
    ),
    Trick(
        "reason-of-ten-kilobytes",
        head("200 " + "x" * 10_000, "Content-Length: 0"),
        status_code=200,
        check=lambda r: len(r.reason_phrase) <= 200,
    ),
    Trick("nul-in-reason", head("200 O\0K"), failure=MALFORMED),
    Trick("http-1.0-until-close", b"HTTP/1.0 200 OK\r\n\r\n{}", status_code=200, check=lambda r: r.body_size == 2),
    Trick("http-2-frames", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\r\n\r\n", failure=MALFORMED),
    Trick("tls-on-a-plain-port", b"\x15\x03\x01\x00\x02\x02\x46", failure=MALFORMED),
    Trick("line-feeds-alone", b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", status_code=200),
    Trick("line-feeds-alone-and-silence", then(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", 20.0), status_code=200),
    Trick("line-feeds-mixed-and-silence", then(b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\n{}", 20.0), status_code=200),
    Trick("blank-lines-first", b"\r\n\r\n" + answer(), failure=MALFORMED),
    Trick("another-protocol", b"220 smtp.example ESMTP\r\n\r\n", failure=MALFORMED),
)
HEADERS = (
    Trick("header-without-colon", head("200 OK", "no colon here"), failure=MALFORMED),
    Trick("header-with-space-before-colon", head("200 OK", "X-Y : 1"), failure=MALFORMED),
    Trick("header-without-name", head("200 OK", ": 1"), failure=MALFORMED),
    Trick("header-with-nul", head("200 OK", "X-Y: a\0b"), failure=MALFORMED),
    Trick(
        "header-with-latin-1",
        head("200 OK", "X-Y: \xe9\xff", "Content-Length: 0"),
        status_code=200,
        check=lambda r: ("X-Y", "éÿ") in r.headers,
    ),
    Trick(
        "date-beyond-all-calendars",
        head("200 OK", "Date: Fri, 31 Dec 99999999999999999999 23:59:59 GMT", "Content-Length: 0"),
        status_code=200,
    ),
    Trick("header-folded", head("200 OK", "X-Y: a", "  b", "Content-Length: 0"), status_code=200),
    Trick("header-fold-first", head("200 OK", "  a", "Content-Length: 0"), failure=MALFORMED),
    Trick("header-of-seventy-kilobytes", head("200 OK", "X-Y: " + "a" * 70_000, "Content-Length: 0"), failure=TOO_LARGE),
    Trick("headers-three-hundred", head("200 OK", *(f"X-{at}: 1" for at in range(300)), "Content-Length: 0"), failure=TOO_LARGE),
    Trick("header-endless", endless(b"HTTP/1.1 200 OK\r\nX-Y: ", b"a" * 4096), failure=TOO_LARGE),
    Trick("header-dripping", endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1), failure="total_timeout"),
    Trick("informational-endless", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), failure="too_many_informational"),
    Trick("informational-dripping", endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.25), failure="total_timeout"),
    Trick(
        "informational-two",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(),
        status_code=200,
        is_kept=True,
    ),
    Trick("switching-protocols", head("101 Switching Protocols", "Upgrade: h2c", "Connection: Upgrade"), failure=MALFORMED),
    Trick("set-cookie", answer(b"{}", "200 OK", "Set-Cookie: sid=abcdefgh12345; Path=/"), status_code=200, is_kept=True),
    Trick("media-type-garbage", answer(media_type="\x80;;=,/"), status_code=200, is_kept=True),
    Trick("charset-base64", answer(b"{}", media_type="application/json; charset=base64"), status_code=200, is_kept=True),
)
LENGTHS = (
    Trick("length-too-long", head("200 OK", "Content-Length: 100") + b"{}", failure="eof_error"),
    Trick(
        "length-too-short",
        head("200 OK", "Content-Length: 2") + b"{}garbage",
        status_code=200,
        is_kept=True,
        check=lambda r: r.body_size == 2,
    ),
    Trick("length-twice-the-same", head("200 OK", "Content-Length: 2", "Content-Length: 2") + b"{}", status_code=200),
    Trick("length-twice-different", head("200 OK", "Content-Length: 2", "Content-Length: 3") + b"{}", failure=MALFORMED),
    Trick("length-negative", head("200 OK", "Content-Length: -1") + b"{}", failure=MALFORMED),
    Trick("length-signed", head("200 OK", "Content-Length: +2") + b"{}", failure=MALFORMED),
    Trick("length-in-words", head("200 OK", "Content-Length: two") + b"{}", failure=MALFORMED),
    Trick("length-of-a-universe", head("200 OK", f"Content-Length: {10**30}") + b"{}", failure="either"),
    Trick("length-of-a-book", head("200 OK", "Content-Length: " + "9" * 6000) + b"{}", failure="either"),
    Trick("length-and-chunks", head("200 OK", "Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n", status_code=200),
)
CHUNKS = (
    Trick("chunk-size-in-words", CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", failure=MALFORMED),
    Trick("chunk-size-negative", CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n", failure=MALFORMED),
    Trick("chunk-size-of-a-universe", CHUNKED + b"f" * 18 + b"\r\n{}", failure="eof_error"),
    Trick("chunk-without-end", CHUNKED + b"2\r\n{}xx0\r\n\r\n", failure=MALFORMED),
    Trick("chunks-without-last", CHUNKED + b"2\r\n{}\r\n", failure="eof_error"),
    Trick("chunk-extension-endless", endless(CHUNKED + b"2;", b"x" * 4096), failure=MALFORMED),
    Trick(
        "chunks-of-one-byte-endless", endless(CHUNKED, b"1\r\nx\r\n" * 2000), status_code=200, words=("body_in_too_many_pieces",)
    ),
    Trick("trailers-endless", endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 500), failure=MALFORMED),
    Trick("encoding-unknown", head("200 OK", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", failure=MALFORMED),
    Trick(
        "chunks-then-garbage",
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\ngarbage",
        status_code=200,
        is_kept=True,
        check=lambda r: r.body_size == 2,
    ),
    Trick("chunk-drip", endless(CHUNKED, b"1\r\nx\r\n", 0.1), failure="total_timeout"),
)
CLOSES = (
    Trick("close-at-once", then(), failure="eof_error"),
    Trick("reset-at-once", then(end="reset"), failure="connection_reset"),
    Trick("close-in-status-line", then(b"HTTP/1.1 2"), failure="eof_error"),
    Trick("close-in-headers", then(b"HTTP/1.1 200 OK\r\nContent-Le"), failure="eof_error"),
    Trick("reset-in-headers", then(b"HTTP/1.1 200 OK\r\nContent-Le", end="reset"), failure="connection_reset"),
    Trick("close-in-body", then(head("200 OK", "Content-Length: 9") + b"{"), failure="eof_error"),
    Trick("reset-in-body", then(head("200 OK", "Content-Length: 9") + b"{", end="reset"), failure="connection_reset"),
    Trick("reset-in-chunk", then(CHUNKED + b"9\r\n{", end="reset"), failure="connection_reset"),
    Trick("silence-at-once", then(end="wait"), failure="silence_timeout"),
    Trick("silence-in-headers", then(b"HTTP/1.1 200 OK\r\n", end="wait"), failure="silence_timeout"),
    Trick("silence-in-body", then(head("200 OK", "Content-Length: 9") + b"{", end="wait"), failure="silence_timeout"),
    Trick("drip-of-status-line", endless(b"", b"H", 0.1), failure="total_timeout"),
    Trick("drip-of-body", endless(head("200 OK", "Content-Length: 9999"), b"x", 0.1), failure="total_timeout"),
    Trick(
        "answer-in-single-bytes", then(*(bytes([one]) for one in answer(b'{"id":"x"}'))), status_code=200, check=lambda r: r.values
    ),
    Trick("second-answer-at-once", answer(b'{"id":"x"}') + answer(b'{"id":"evil"}'), status_code=200, is_kept=True),
    Trick("second-answer-later", then(answer(b"{}"), 0.02, answer(b'{"id":"evil"}'), end="keep"), status_code=200),
    Trick("half-an-answer-later", then(answer(b"{}"), 0.02, b"HTTP/1.1 200 OK\r\nX-Evil: 1\r\n", end="keep"), status_code=200),
)
BODIES = (
    Trick(
        "no-content-with-content",
        head("204 No Content") + b'{"id":"evil"}',
        status_code=204,
        is_kept=True,
        check=lambda r: r.body_size == 0,
    ),
    Trick("not-modified-with-content", head("304 Not Modified") + b"evil", status_code=304, is_kept=True),
    Trick(
        "head-with-content",
        answer(b'{"id":"evil"}'),
        status_code=200,
        method="HEAD",
        is_kept=True,
        check=lambda r: r.body_size == 0,
    ),
    Trick(
        "endless-body",
        endless(head("200 OK", "Content-Type: application/json"), b"x" * 65536),
        status_code=200,
        words=("body_too_large",),
    ),
    Trick("endless-artefact", endless(head("200 OK", "Content-Type: video/mp4"), MP4), status_code=200, role=Role.DOWNLOAD),
    Trick("gzip-bomb", packed("gzip", BOMB), status_code=200, words=("decompressed_too_large",)),
    Trick("deflate-bomb", packed("deflate", zlib.compress(bytes(10_000_000))), status_code=200, words=("decompressed_too_large",)),
    Trick(
        "gzip-bomb-in-gzip", packed("gzip, gzip", gzip.compress(BOMB, mtime=0)), status_code=200, words=("decompressed_too_large",)
    ),
    Trick(
        "gzip-stacked-a-hundredfold",
        packed(", ".join(["gzip"] * 100), gzip.compress(b"{}", mtime=0)),
        status_code=200,
        words=("encoding_not_supported",),
    ),
    Trick("gzip-that-is-none", packed("gzip", b"{}" * 50), status_code=200, words=("encoding_broken",)),
    Trick(
        "gzip-truncated",
        packed("gzip", gzip.compress(b'{"id":"x"}' * 50, mtime=0)[:-9]),
        status_code=200,
        words=("encoding_broken",),
    ),
    Trick("brotli", packed("br", b"\x0b\x02\x80{}\x03"), status_code=200, words=("encoding_not_supported",)),
    Trick("zstandard", packed("zstd", b"\x28\xb5\x2f\xfd\x04\x00"), status_code=200, words=("encoding_not_supported",)),
    Trick("compress-unheard-of", packed("x-magic", b"{}"), status_code=200, words=("encoding_not_supported",)),
)
JSONS = (
    Trick("json-of-a-hundred-thousand-levels", answer(b"[" * 100_000 + b"]" * 100_000), status_code=200, words=("json_too_deep",)),
    Trick("json-number-of-a-hundred-thousand-digits", answer(b'{"size":' + b"9" * 100_000 + b"}"), status_code=200),
    Trick("json-number-beyond-float", answer(b'{"size":1e999999}'), status_code=200),
    Trick("json-nan", answer(b'{"progress":NaN,"size":-Infinity}'), status_code=200),
    Trick("json-duplicate-keys", answer(b'{"id":"a","id":"b"}'), status_code=200, check=lambda r: r.json_paths),
    Trick("json-not-utf-8", answer(b'{"id":"\xff\xfe\x80"}'), status_code=200, words=("json_invalid",)),
    Trick("json-utf-16", answer('{"id":"x"}'.encode("utf-16")), status_code=200, words=("json_invalid",)),
    Trick("json-with-bom", answer(b'\xef\xbb\xbf{"id":"x"}'), status_code=200, check=lambda r: r.values),
    Trick("json-lone-surrogate", answer(b'{"id":"\\ud800"}'), status_code=200),
    Trick("json-cut", answer(b'{"id":"x'), status_code=200, words=("json_invalid",)),
    Trick("json-then-garbage", answer(b'{"id":"x"} trailing'), status_code=200, words=("json_invalid",)),
    Trick(
        "json-key-of-a-hundred-kilobytes",
        document({"k" * 100_000: 1}),
        status_code=200,
        check=lambda r: len(r.json_paths[-1].path) < 2000,
    ),
    Trick(
        "json-of-ten-thousand-items",
        document([{"id": str(at)} for at in range(10_000)]),
        status_code=200,
        check=lambda r: r.json_paths[-1].count == 10_000,
    ),
    Trick(
        "json-of-three-thousand-keys",
        document({f"k{at}": at for at in range(3000)}),
        status_code=200,
        words=("json_paths_too_many",),
    ),
    Trick(
        "json-of-a-thousand-links",
        document([f"https://x.example/{at}" for at in range(1000)]),
        status_code=200,
        words=("links_too_many",),
    ),
    Trick(
        "xml-entity-bomb",
        answer(b'<!DOCTYPE a [<!ENTITY b "bb">]><Error><Code>&b;</Code></Error>', "400 Bad", media_type="application/xml"),
        status_code=400,
    ),
    Trick("html-title-endless", answer(b"<html><title>" + b"x" * 100_000, "502 Bad", media_type="text/html"), status_code=502),
    Trick(
        "error-message-of-a-hundred-kilobytes",
        answer(b'{"error":{"code":"x","message":"' + b"m" * 100_000 + b'"}}', "400 Bad"),
        status_code=400,
        check=lambda r: len(r.error_message or "") <= 600,
    ),
)
RANGES = (
    Trick(
        "range-other",
        answer(MP4[100:200], "206 Part", "Content-Range: bytes 100-199/9000", media_type="video/mp4"),
        status_code=206,
        role=Role.DOWNLOAD,
        check=lambda r: r.sniffed_type is None and r.total_size == 9000,
    ),
    Trick(
        "range-not-said",
        answer(MP4[:4096], "206 Part", media_type="video/mp4"),
        status_code=206,
        role=Role.DOWNLOAD,
        check=lambda r: r.total_size is None and r.body_is_truncated,
    ),
    Trick("range-garbage", answer(MP4[:10], "206 Part", "Content-Range: lines one-two/many"), status_code=206, role=Role.DOWNLOAD),
    Trick(
        "range-multipart",
        answer(b"--x\r\n", "206 Part", media_type="multipart/byteranges; boundary=x"),
        status_code=206,
        role=Role.DOWNLOAD,
    ),
    Trick(
        "range-unsatisfiable",
        answer(b"", "416 Range", "Content-Range: bytes */0"),
        status_code=416,
        role=Role.DOWNLOAD,
        check=lambda r: r.total_size == 0,
    ),
    Trick(
        "artefact-empty",
        answer(b"", media_type="video/mp4"),
        status_code=200,
        role=Role.DOWNLOAD,
        check=lambda r: r.sniffed_type is None,
    ),
    Trick(
        "artefact-of-six-bytes",
        answer(b"string", media_type="video/mp4"),
        status_code=200,
        role=Role.DOWNLOAD,
        check=lambda r: r.sniffed_type != "video/mp4",
    ),
    Trick(
        "artefact-that-is-json",
        answer(b'{"id":"x"}', media_type="video/mp4"),
        status_code=200,
        role=Role.DOWNLOAD,
        check=lambda r: r.sniffed_type == "application/json",
    ),
    Trick(
        "artefact-under-octets",
        answer(MP4, media_type="application/octet-stream"),
        status_code=200,
        role=Role.DOWNLOAD,
        check=lambda r: r.sniffed_type == "video/mp4",
    ),
)
REDIRECTS = tuple(
    Trick(f"redirect-{name}", answer(b"", "302 Found", f"Location: {location}"), status_code=302, is_kept=True, check=check)
    for name, location, check in (
        ("to-itself", "", lambda r: r.links == ()),
        ("to-metadata", "http://169.254.169.254/latest/meta-data/", lambda r: tell(r.links[0].refused) == "metadata address"),
        ("to-wrapped-metadata", "http://[::169.254.169.254]/", lambda r: tell(r.links[0].refused) == "reserved address"),
        ("to-private", "http://10.0.0.1/", lambda r: tell(r.links[0].refused) == "private address"),
        ("to-link-local", "http://[fe80::1]/", lambda r: tell(r.links[0].refused) == "link-local address"),
        ("to-file", "file:///etc/passwd", lambda r: tell(r.links[0].refused) == "scheme file"),
        ("to-javascript", "javascript:alert(1)", lambda r: tell(r.links[0].refused) == "scheme javascript"),
        ("to-ftp", "ftp://x.example/", lambda r: tell(r.links[0].refused) == "scheme ftp"),
        (
            "with-user-info",
            "http://a:b@x.example/",
            lambda r: tell(r.links[0].refused) == "user-info in the URL" and ":b@" not in r.links[0].url,
        ),
        ("protocol-relative", "//x.example/y", lambda r: r.links[0].url == "http://x.example/y" and not r.links[0].same_origin),
        ("to-a-broken-url", "http://[::1", lambda r: tell(r.links[0].refused) == "not a URL"),
        ("to-control-bytes", "/a\x7f\x01b", lambda r: len(r.links) == 1),
    )
)
TRICKS = (*STATUS_LINES, *HEADERS, *LENGTHS, *CHUNKS, *CLOSES, *BODIES, *JSONS, *RANGES, *REDIRECTS)
