"""The recording boundary: what is kept of an answer, and that nothing else is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from typing import Any

import pytest

from probe.model import Limits, Response, Role
from probe.redact import Redactor
from tests.loopback import answer, serving
from tests.runner.helpers import KEY, QUICK, SECRETS, observe, one_response, probe

pytestmark = pytest.mark.anyio

MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41\0\0\x20\0free" + bytes(5000)


async def recorded(reply: bytes, **changes: Any) -> Response:
    async with serving(reply) as server:
        of = {"role": changes.pop("role")} if "role" in changes else {}
        return await one_response(server.url, probe=probe(server.url + "/a/b?x=1", **of), **changes)


def document(value: Any, status: str = "200 OK", *headers: str, media_type: str = "application/json") -> bytes:
    return answer(json.dumps(value).encode(), status, *headers, media_type=media_type)


async def test_a_job_is_reduced_to_paths_and_allowed_values() -> None:
    seen = await recorded(
        document(
            {"id": "task_1", "status": "succeeded", "prompt": "A secret cat", "generations": [{"id": "gen_1"}, {"id": "gen_2"}]}
        )
    )
    assert [(one.path, one.type, one.count) for one in seen.json_paths][-1] == ("$.generations[*].id", "string", 2)
    assert ("$.generations[1].id", "gen_2") in [(one.path, one.value) for one in seen.values]
    assert "secret cat" not in str(seen)


async def test_an_artefact_is_proved_by_its_first_bytes() -> None:
    part = MP4[:4096]
    reply = answer(part, "206 Partial Content", "Content-Range: bytes 0-4095/4200000", media_type="video/mp4; codecs=avc1")
    seen = await recorded(reply, role=Role.DOWNLOAD)
    assert (seen.media_type, seen.sniffed_type, seen.body_size, seen.total_size) == ("video/mp4", "video/mp4", 4096, 4_200_000)
    assert seen.body_sha256 == hashlib.sha256(part).hexdigest()
    assert seen.body_is_truncated


async def test_a_server_that_ignores_the_range_is_cut() -> None:
    seen = await recorded(answer(MP4, media_type="video/mp4"), role=Role.DOWNLOAD)
    assert (seen.body_size, seen.body_is_truncated, seen.total_size, seen.limits_hit) == (4096, True, len(MP4), ())


@pytest.mark.parametrize(
    ("body", "sniffed"), [(MP4 + bytes(200_000), "video/mp4"), (b'{"custom_id": "a"}\n' * 20_000, "application/jsonl")]
)
@pytest.mark.parametrize("role", [Role.DOWNLOAD, Role.METADATA])
async def test_no_more_of_an_artefact_is_read_under_any_type_on_any_route(body: bytes, sniffed: str, role: Role) -> None:
    for status in ("200 OK", "404 Not Found"):
        seen = await recorded(answer(body, status, media_type="application/json"), role=role)
        assert (seen.sniffed_type, seen.body_size, seen.body_is_truncated) == (sniffed, 4096, True)


async def test_json_under_a_wrong_type_is_read_and_a_lying_type_is_not_believed() -> None:
    seen = await recorded(
        document({"error": {"code": "404", "message": "Resource not found"}}, "404 Not Found", media_type="video/mp4")
    )
    assert (seen.media_type, seen.sniffed_type, seen.error_code, seen.error_shape) == (
        "video/mp4",
        "application/json",
        "404",
        "azure",
    )


async def test_a_json_answer_of_a_download_route_is_read_whole() -> None:
    value = {"data": [{"id": f"gen_{at}", "download_url": f"/files/{at}"} for at in range(40)], "filler": "x" * 6000}
    seen = await recorded(document(value), role=Role.DOWNLOAD)
    assert (len(seen.links), seen.body_is_truncated) == (40, False)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (
            {"error": {"code": "DeploymentNotFound", "message": "m", "type": "t"}},
            "404 NF",
            ("DeploymentNotFound", "t", "m", "azure"),
        ),
        ({"error": {"code": None, "message": "m", "type": "t", "param": None}}, "404 NF", (None, "t", "m", "azure")),
        ({"error": {"code": "a", "message": "m", "innererror": {"code": "B"}}}, "400 Bad", ("a/B", None, "m", "azure")),
        ({"error": {"message": "m", "inner_error": {"code": "B"}}}, "400 Bad", ("B", None, "m", "azure")),
        ({"code": "403", "message": "m"}, "403 F", ("403", None, "m", "flat")),
        ({"message": "m"}, "403 F", (None, None, "m", "flat")),
        ({"error": "invalid_token", "error_description": "d"}, "401 U", ("invalid_token", None, "d", "flat")),
        ({"statusCode": 401, "message": "m"}, "401 U", ("401", None, "m", "apim")),
        ({"detail": "Not Found"}, "404 NF", (None, None, "Not Found", "fastapi")),
        (
            {"detail": [{"loc": ["query", "limit"], "msg": "required", "input": "secret"}]},
            "422 U",
            (None, None, "query.limit: required", "fastapi"),
        ),
        (
            {"error": {"code": "moderation_blocked", "message": "m"}, "id": "x"},
            "200 OK",
            ("moderation_blocked", None, "m", "azure"),
        ),
        ({"code": "x", "message": "m"}, "200 OK", (None, None, None, "")),
        ({"fault": {"faultstring": "m", "detail": {"errorcode": "a.B"}}}, "401 U", ("a.B", None, "m", "flat")),
        ({"type": "https://e.example/t", "title": "T", "detail": "d"}, "403 F", (None, "https://e.example/t", "T: d", "fastapi")),
        ({"errors": ["m"], "name": "n"}, "404 NF", (None, None, "m", "flat")),
        ({"mensaje": "no está listo"}, "404 NF", (None, None, "no está listo", "flat")),
        ({"state": "bad", "prompt": "a cat in the rain"}, "422 U", (None, None, None, "")),
        (
            {"data": {"input_text": "my own words", "fehler": "Datei nicht gefunden"}},
            "400 B",
            (None, None, "Datei nicht gefunden", "flat"),
        ),
        ({"message": {"content": "of two words", "type": "t"}}, "403 F", (None, None, "of two words", "flat")),
        ({"ErrCode": 10003, "ErrMsg": "m", "Resp": None}, "200 OK", ("10003", None, "m", "flat")),
        ({"base_resp": {"status_code": 2049, "status_msg": "m"}}, "200 OK", ("2049", None, "m", "flat")),
        ({"base_resp": {"status_code": 0, "status_msg": "success"}}, "200 OK", (None, None, None, "")),
        ({"data": None, "errors": [{"message": "m"}]}, "200 OK", (None, None, "m", "flat")),
        ({"code": 404, "message": "m", "data": None}, "200 OK", ("404", None, "m", "flat")),
        ({"code": 200, "message": "m", "data": {"id": "x"}}, "200 OK", (None, None, None, "")),
        ({"error": None}, "200 OK", (None, None, None, "")),
        ({"error": []}, "500 O", (None, None, None, "")),
        ([], "500 O", (None, None, None, "")),
    ],
)
async def test_errors_are_read_in_every_shape(body: Any, status: str, expected: tuple[str | None, ...]) -> None:
    seen = await recorded(document(body, status))
    assert (seen.error_code, seen.error_type, seen.error_message, seen.error_shape) == expected


async def test_blob_storage_answers_errors_in_xml() -> None:
    body = (
        "\ufeff<?xml version='1.0'?><Error><Code>AuthenticationFailed</Code><Message>Server failed.\nRequestId:d2</Message>"
        "<AuthenticationErrorDetail>Signature not valid in the specified time frame: Expiry [x] sig=S3cretSignature1234&amp;"
        "</AuthenticationErrorDetail></Error>"
    ).encode()
    seen = await recorded(answer(body, "403 Forbidden", media_type="application/xml"), role=Role.DOWNLOAD)
    assert (seen.error_code, seen.error_shape) == ("AuthenticationFailed", "xml")
    assert "time frame" in (seen.error_message or "") and "S3cret" not in (seen.error_message or "")


async def test_an_html_page_has_a_title_and_a_plain_text_error_a_message() -> None:
    seen = await recorded(
        answer(b"<!doctype html><html><head><title>Sign in</title></head></html>", "502 Bad", media_type="text/html")
    )
    assert (seen.sniffed_type, seen.title, seen.error_message) == ("text/html", "Sign in", None)
    seen = await recorded(answer(b"404 page not found\n", "404 NF", media_type="text/plain"))
    assert seen.error_message == "404 page not found"


async def test_ids_region_and_waits_are_read_from_headers() -> None:
    headers = (
        "apim-request-id: a-1",
        "X-Request-Id: x-2",
        "x-ms-region: North Central US",
        "retry-after-ms: 1500",
        "Set-Cookie: s=topsecretvalue",
    )
    seen = await recorded(document({}, "429 Too Many", *headers))
    assert dict(seen.request_ids) == {"apim-request-id": "a-1", "x-request-id": "x-2"}
    assert (seen.region, seen.retry_after) == ("North Central US", 1.5)
    assert "topsecretvalue" not in str(seen)


class TestSecrets:
    @pytest.mark.parametrize(
        "encode", [str, lambda key: base64.b64encode(key.encode()).decode(), lambda key: "".join(f"\\u{ord(c):04x}" for c in key)]
    )
    async def test_an_echoed_key_is_stored_nowhere(self, encode: Any) -> None:
        shown = encode(KEY)
        body = (
            b'{"error":{"code":"401","message":"bad key '
            + shown.encode()
            + b'","url":"https://x.example/?api-key='
            + shown.encode()
            + b'"}}'
        )
        headers = (f"X-Echo: {shown}", f"Location: /next?key={shown}", f"WWW-Authenticate: Bearer {shown}")
        seen = await recorded(answer(body, f"401 {shown}", *headers))
        assert KEY not in str(seen) and shown not in str(seen)

    async def test_a_key_in_a_failure_is_masked(self) -> None:
        from tests.runner.helpers import observe

        async with serving(b"HTTP/1.1 " + KEY.encode() + b" nonsense\r\n\r\n") as server:
            (seen,) = await observe(server.url, [probe(server.url + "/x")])
        assert seen.last is not None and seen.last.failure == "http_response_malformed"
        assert KEY not in str(seen)

    async def test_a_secret_is_masked_and_counted_in_every_one_of_equal_bodies(self) -> None:
        redactor = Redactor(SECRETS)
        async with serving(document({"id": KEY, "n": 1})) as server:
            seen = await observe(server.url, [probe(f"{server.url}/{at}") for at in range(3)], redactor=redactor)
        assert KEY not in str(seen)
        assert dict(redactor.masked)["value of AZURE_OPENAI_API_KEY"] == "3"
        assert len({one.last.response.json_paths for one in seen if one.last and one.last.response}) == 1

    async def test_keys_of_a_body_may_be_secrets_too(self) -> None:
        seen = await recorded(document({KEY: {"id": KEY, "url": f"/x/{KEY}"}}))
        assert KEY not in str(seen)


class TestLinks:
    @pytest.mark.parametrize(
        ("value", "urls"),
        [
            ({"a": {"b": [{"weird": "https://files.example/v.mp4"}]}}, ["https://files.example/v.mp4"]),
            ({"x": "//cdn.example/v.mp4"}, ["http://cdn.example/v.mp4"]),
            ({"video_url": "/files/1"}, ["{base}/files/1"]),
            ({"video_url": "v.mp4/part"}, ["{base}/a/v.mp4/part"]),
            ({"result": "/files/1"}, ["{base}/files/1"]),
            ({"href": "../up/1"}, ["{base}/up/1"]),
            ({"href": "javascript:alert(1)"}, ["javascript:alert(1)"]),
            ({"src": "s3://bucket/x"}, ["s3://bucket/x"]),
            ({"prompt": "https://customer.example/secret", "messages": [{"content": "https://c.example"}]}, []),
            ({"text": "see https://x.example/ for more", "n": 1, "ok": True, "nothing": None}, []),
            ({"path": "/mnt/data/88e12fa4-plot.png", "source": "assistant"}, []),
            ({"id": "/"}, []),
            ({"status": "queued", "type": "video/mp4", "ratio": "16/9"}, []),
            ({"url": ""}, []),
            ({"u": "http://same.example/", "v": "http://same.example/"}, ["http://same.example/"]),
        ],
    )
    async def test_links_are_found_under_any_key_and_prose_is_left_alone(self, value: Any, urls: list[str]) -> None:
        async with serving(document(value)) as server:
            seen = await one_response(server.url, "/a/b")
        assert [one.url for one in seen.links] == [url.replace("{base}", server.url) for url in urls]

    async def test_headers_that_point_are_links_even_in_errors(self) -> None:
        headers = ("Operation-Location: /op/1", "Content-Location: /c/1", 'Link: </page2>; rel="next", </file>; rel="enclosure"')
        seen = await recorded(
            document({"error": {"code": "x", "message": "m", "docs_url": "https://docs.example/"}}, "404 NF", *headers)
        )
        assert [(one.found_in, one.url.partition("://")[2].partition("/")[2]) for one in seen.links] == [
            ("header:Operation-Location", "op/1"),
            ("header:Content-Location", "c/1"),
            ('header:Link rel="next"', "page2"),
            ("header:Link", "file"),
        ]

    async def test_the_place_of_a_link_is_a_concrete_path(self) -> None:
        seen = await recorded(document({"data": [{}, {"odd key": {"it's": "https://x.example/"}}]}))
        assert [one.found_in for one in seen.links] == ["$.data[1]['odd key']['it\\'s']"]

    async def test_a_product_that_is_json_inside_a_text_is_read_and_a_customers_text_is_not(self) -> None:
        inner = json.dumps({"resultUrls": ["https://x.example/a.mp4"], "prompt": "https://x.example/mine"})
        seen = await recorded(document({"data": {"resultJson": inner, "param": inner, "output": '{"broken'}}))
        assert [(one.found_in, one.url) for one in seen.links] == [("$.data.resultJson.resultUrls[0]", "https://x.example/a.mp4")]

    async def test_too_many_links_are_cut_and_that_is_said(self) -> None:
        seen = await recorded(document([f"https://x.example/{at}" for at in range(80)]), limits=_limits(max_links=50))
        assert (len(seen.links), seen.limits_hit) == (50, ("links_too_many",))


async def test_an_artefact_inside_json_is_found_by_its_bytes() -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(3000)
    text = base64.b64encode(png).decode()
    seen = await recorded(document({"data": [{"b64_json": text}], "x": f"data:image/png;base64,{text}", "y": "A" * 200}))
    assert [(one.path, one.sniffed_type) for one in seen.embedded] == [("$.data[0].b64_json", "image/png"), ("$.x", "image/png")]
    assert all(abs(one.size - len(png)) < 3 for one in seen.embedded)
    assert text[:80] not in str(seen)


async def test_an_artefact_inside_json_that_was_cut_is_found_too() -> None:
    text = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(9000)).decode()
    seen = await recorded(document({"data": [{"b64_json": text}]}), limits=_limits(max_body=8000))
    assert [(one.path, one.sniffed_type) for one in seen.embedded] == [("$..b64_json", "image/png")]
    assert seen.body_is_truncated and text[:80] not in str(seen)


class TestBodies:
    @pytest.mark.parametrize(
        ("encoding", "packed"),
        [
            ("gzip", gzip.compress(b'{"id":"x"}', mtime=0)),
            ("deflate", zlib.compress(b'{"id":"x"}')),
            ("deflate", zlib.compress(b'{"id":"x"}')[2:-4]),
            ("gzip, deflate", zlib.compress(gzip.compress(b'{"id":"x"}', mtime=0))),
            ("identity", b'{"id":"x"}'),
        ],
    )
    async def test_an_encoding_that_nobody_asked_for_is_undone(self, encoding: str, packed: bytes) -> None:
        seen = await recorded(answer(packed, "200 OK", f"Content-Encoding: {encoding}"))
        assert (seen.sniffed_type, seen.body_size, seen.limits_hit) == ("application/json", 10, ())

    @pytest.mark.parametrize(
        ("encoding", "packed", "word"),
        [
            ("gzip", gzip.compress(bytes(10_000_000), mtime=0), "decompressed_too_large"),
            ("deflate", zlib.compress(bytes(10_000_000)), "decompressed_too_large"),
            ("gzip", gzip.compress(b'{"id":"x"}' * 100, mtime=0)[:-9], "encoding_broken"),
            ("gzip", b"no gzip at all", "encoding_broken"),
            ("br", b"\x0b\x02\x80hello\x03", "encoding_not_supported"),
            ("zstd", b"\x28\xb5\x2f\xfd", "encoding_not_supported"),
        ],
    )
    async def test_a_bomb_or_a_broken_encoding_is_a_word_and_no_crash(self, encoding: str, packed: bytes, word: str) -> None:
        seen = await recorded(answer(packed, "200 OK", f"Content-Encoding: {encoding}"))
        assert seen.limits_hit == (word,)
        assert seen.body_size <= QUICK.max_decompressed

    async def test_a_body_beyond_the_limit_is_cut_and_that_is_said(self) -> None:
        seen = await recorded(document({"x": "y" * 5000}), limits=_limits(max_body=1000))
        assert (seen.body_size, seen.body_is_truncated, seen.limits_hit) == (1000, True, ("body_too_large",))

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"[" * 100_000 + b"]" * 100_000, ("json_too_deep",)),
            (b'{"a":' * 70 + b"1" + b"}" * 70, ("json_too_deep",)),
            (b'{"n": ' + b"9" * 100_000 + b"}", ()),
            (b'{"n": NaN, "m": -Infinity}', ()),
            (b'{"id": 1, "id": 2}', ()),
            (b'\xef\xbb\xbf{"id": 1}', ()),
            (b'{"id": "\xff\xfe"}', ("json_invalid",)),
            (b'{"id": ', ("json_invalid",)),
            (b'"\\ud800"', ()),
        ],
    )
    async def test_hostile_json_is_survived(self, body: bytes, words: tuple[str, ...]) -> None:
        seen = await recorded(answer(body))
        assert seen.status_code == 200 and seen.limits_hit == words

    async def test_too_many_key_paths_are_cut_and_that_is_said(self) -> None:
        seen = await recorded(document({f"k{at}": at for at in range(3000)}))
        assert (len(seen.json_paths), seen.limits_hit) == (2000, ("json_paths_too_many",))

    async def test_an_empty_body_proves_nothing(self) -> None:
        seen = await recorded(answer(b"", media_type="video/mp4"), role=Role.DOWNLOAD)
        assert (seen.sniffed_type, seen.body_size, seen.body_sha256, seen.body_is_truncated) == (None, 0, "", False)


def _limits(**changes: Any) -> Limits:
    return Limits(**({name: getattr(QUICK, name) for name in Limits.__struct_fields__} | changes))
