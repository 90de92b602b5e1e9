from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probe.redact import _FEW_MARKS, MARK, Redactor, _fresh, _Marks
from probe.redact.own import weakness
from probe.redact.views import _ONLY_BASE64, TextView, _layers, _words
from tests.each import each
from tests.growth import assert_linear, repeated

CANARY = "CANARY-9f8e+7d/6c=5b&4a\"'<x>"
VARIABLE = "AZURE_OPENAI_API_KEY"


def base64_of(secret: str, before: int = 0) -> str:
    return base64.b64encode(("abc"[:before] + secret + "tail").encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "upper case": lambda s: s.upper(),
    "lower case": lambda s: s.lower(),
    "percent": lambda s: quote(s, safe=""),
    "percent, lower case": lambda s: quote(s, safe="").lower(),
    "percent, every character": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "double percent": lambda s: quote(quote(s, safe=""), safe=""),
    "triple percent": lambda s: quote(quote(quote(s, safe=""), safe=""), safe=""),
    "base64, alignment 0": base64_of,
    "base64, alignment 1": lambda s: base64_of(s, 1),
    "base64, alignment 2": lambda s: base64_of(s, 2),
    "base64url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64url without padding": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
    "base64, percent-encoded": lambda s: quote(base64_of(s), safe=""),
    "base64, JSON-escaped": lambda s: base64_of(s).replace("/", "\\/").replace("+", "\\u002b"),
    "base64, wrapped": lambda s: "\r\n".join(base64_of(s)[i : i + 7] for i in range(0, len(base64_of(s)), 7)),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "JSON": json.dumps,
    "JSON, slashes and ampersands": lambda s: json.dumps(s).replace("/", "\\/").replace("&", "\\u0026"),
    "JSON, every character": lambda s: "".join(f"\\u{ord(char):04x}" for char in s),
    "JSON twice": lambda s: json.dumps(json.dumps(s)),
    "HTML": html.escape,
    "HTML, decimal": lambda s: "".join(f"&#{ord(char)};" for char in s),
    "HTML, hexadecimal": lambda s: "".join(f"&#x{ord(char):X};" for char in s),
    "HTML of JSON of percent": lambda s: html.escape(json.dumps(quote(s, safe=""))),
    "hex": lambda s: s.encode().hex(),
    "hex, upper case": lambda s: s.encode().hex().upper(),
    "string escapes": lambda s: "".join(f"\\x{byte:02x}" for byte in s.encode()),
    "split by new lines": lambda s: s[:4] + "\n   " + s[4:9] + "\r\n\t" + s[9:],
    "split by escaped new lines": lambda s: json.dumps(s[:4] + "\n" + s[4:]),
    "split by odd white space": lambda s: s[:4] + "\u00a0" + s[4:7] + "\u200b" + s[7:],
    "split by odd white space in a header": lambda s: "\u200b\u00a0".join(s).encode().decode("latin-1"),
    "UTF-16 read as text": "\x00".join,
}


@pytest.fixture
def redactor() -> Redactor:
    return Redactor({VARIABLE: CANARY, "EMPTY": "", "OPENAI_API_KEY": "another-Key-0001"})


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
def test_a_known_secret_is_found_and_masked_in_every_encoding(redactor: Redactor, encode: Callable[[str], str]) -> None:
    text = f"before {encode(CANARY)} after"
    assert redactor.find(text.encode()) == VARIABLE
    masked = redactor.text(text)
    assert redactor.find(masked.encode()) is None
    assert masked.startswith("before ") and masked.endswith(" after") and MARK in masked


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-8-sig"])
def test_a_known_secret_is_found_in_other_encodings_of_a_file(redactor: Redactor, encoding: str) -> None:
    assert redactor.find(f"x,{CANARY},y".encode(encoding)) == VARIABLE


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60).filter(
    lambda secret: weakness(secret) is None
)


@settings(max_examples=150, deadline=None)
@given(secret=SECRETS, name=st.sampled_from(sorted(ENCODINGS)), before=st.text(max_size=12), after=st.text(max_size=12))
@example(secret="a%41b&amp;\\nc%2541", name="percent", before="", after="")
@example(secret="abcabcabcabc", name="raw", before="abcabc", after="abcabc")
@example(secret="päss-wörd-Ж-00", name="JSON", before="ä", after="Ж")
def test_no_encoding_of_a_secret_survives(secret: str, name: str, before: str, after: str) -> None:
    redactor = Redactor({"CANARY": secret})
    form = ENCODINGS[name](secret)
    whole = f"{before} {form} {after}"
    for masked in (
        redactor.text(whole),
        redactor.url(f"https://h.example/p?x={whole}"),
        *redactor.headers((("x-echo", whole),))[0],
    ):
        assert redactor.find(masked.encode("utf-8", "surrogatepass")) is None
        assert form not in masked or len(form) < 6


@given(st.text())
def test_text_without_known_secret_never_fails_and_is_stable(text: str) -> None:
    redactor = Redactor({VARIABLE: CANARY})
    once = redactor.text(text)
    assert redactor.text(once) == once


def test_a_mark_says_nothing_about_the_secret() -> None:
    short, long = Redactor({"K": "secret-1"}), Redactor({"K": "secret-1" * 20})
    assert short.text("key secret-1 end") == long.text("key " + "secret-1" * 20 + " end") == f"key {MARK} end"


def test_short_secrets_and_placeholders_are_masked_by_name_only() -> None:
    redactor = Redactor({"A": "abc", "B": "ollama", "C": "not-needed", "D": "preview", "E": "2024-10-21"})
    prose = "abc ollama is not-needed here, a preview of 2024-10-21"
    assert redactor.text(prose) == prose
    assert redactor.headers((("api-key", "abc"),)) == (("api-key", MARK),)
    assert redactor.find(b"abc ollama") is None


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "api-key",
        "API-Key",
        "Ocp-Apim-Subscription-Key",
        "x-functions-key",
        "Cookie",
        "Set-Cookie",
        "Proxy-Authorization",
        "x-ms-copy-source",
        "x-api-key",
        "X-Goog-Api-Key",
        "x-amz-security-token",
        "apikey",
        "X-Auth-Token",
        "x-ms-encryption-key",
        "x-ms-copy-source-authorization",
    ],
)
def test_secret_headers_are_masked_whole_and_keep_their_name(redactor: Redactor, name: str) -> None:
    assert redactor.headers(((name, "short"), ("x", "y"))) == ((name, MARK), ("x", "y"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-ratelimit-remaining-tokens", "1000"),
        ("access-control-allow-credentials", "true"),
        ("apim-request-id", "7a1b0c1e-0000-4000-8000-000000000001"),
        ("www-authenticate", 'Bearer realm="x", authorization_uri="https://login.microsoftonline.com/common"'),
        ("etag", '"0x8DD2F9A6B2E1A3C"'),
        ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ("content-disposition", 'attachment; filename="video.mp4"'),
        ("policy-id", "DeploymentRatelimit-Token"),
    ],
)
def test_headers_that_help_stay(redactor: Redactor, name: str, value: str) -> None:
    assert redactor.headers(((name, value),)) == ((name, value),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Incorrect API key provided: sk-abc***xyz. You can find your API key at https://x",
            f"Incorrect API key provided: {MARK}. You can find your API key at https://x",
        ),
        ("Incorrect API key provided: hunt***ter.", f"Incorrect API key provided: {MARK}."),
        ("Authorization: Bearer abcdefghij", f"Authorization: Bearer {MARK}"),
        ("header 'Authorization': 'Basic dXNlcjpwYXNz'", f"header 'Authorization': '{MARK}'"),
        ('{"api-key": "abc", "x": 1}', f'{{"api-key": "{MARK}", "x": 1}}'),
        ('{\\"apiKey\\": \\"abc\\"}', f'{{\\"apiKey\\": \\"{MARK}\\"}}'),
        ("sent bearer eyJhbGciOi.J9.abc to it", f"sent bearer {MARK} to it"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def!", f"token {MARK}!"),
        ("next%20eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", f"next%20{MARK}"),
        ("key sk-proj-abcdef1234567890 was used", f"key {MARK} was used"),
        ("AccountName=a;AccountKey=abc12345==;x", f"AccountName=a;AccountKey={MARK}"),
        ("Set-Cookie: a=b1; HttpOnly", f"Set-Cookie: {MARK}"),
        ("https://user:pa@ss@host/x", f"https://{MARK}@host/x"),
        ("https:\\/\\/user:pass@host\\/x", f"https:\\/\\/{MARK}@host\\/x"),
        ("u=https%3A%2F%2Fuser%3Apass%40host", f"u=https%3A%2F%2F{MARK}%40host"),
        ("sig=abc%2Bd%3D&se=2026", f"sig={MARK}&se=2026"),
        ("https://a/b?se=1\\u0026sig=ab\\/c%3D\\u0026sp=r", f"https://a/b?se=1\\u0026sig={MARK}\\u0026sp=r"),
        ("x%3Fsig%3Dab%252Bc%253D%26se%3D2026", f"x%3Fsig%3D{MARK}%26se%3D2026"),
        (
            "/a?code=xY7_kQ2mW9rT4vB8&key=AIzaSyA1b2C3d4E5f6&token=q8W7e6R5t4Y3",
            f"/a?code={MARK}&key={MARK}&token={MARK}",
        ),
        (
            "/a?X-Amz-Signature=ab&X-Goog-Signature=cd&Signature=ef",
            f"/a?X-Amz-Signature={MARK}&X-Goog-Signature={MARK}&Signature={MARK}",
        ),
        ("/cb#access_token=abc&x=1", f"/cb#access_token={MARK}&x=1"),
        ("<a href='/x?a=1&amp;subscription-key=abc'>", f"<a href='/x?a=1&amp;subscription-key={MARK}'>"),
    ],
)
def test_secrets_are_known_by_their_shape(redactor: Redactor, text: str, expected: str) -> None:
    assert redactor.text(text) == expected
    assert redactor.text(expected) == expected


@pytest.mark.parametrize(
    "prose",
    [
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        "Access denied due to invalid subscription key or wrong API endpoint.",
        "Incorrect API key provided: None. You can find your API key at https://platform.openai.com/account/api-keys.",
        "Bearer token is missing; use key=value pairs, code=7 and token=abc",
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly.",
        "Signature not valid in the specified time frame: Start [Thu, 26 Dec 2024 22:02:26 GMT]",
        "password: must be set, api-key: please send it",
        "requested 90 tokens, total_tokens: 12; task-ask-list of risk-takers",
        "https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content/video?api-version=preview",
        "https://a.blob.core.windows.net/c/x.png?se=2026-11-20T00%3A00%3A00Z&sp=r&sv=2024-08-04&sr=b&skoid=1&sktid=2",
        "The API deployment 'sora-2' for this resource does not exist.",
    ],
)
def test_prose_is_left_alone(redactor: Redactor, prose: str) -> None:
    assert redactor.text(prose) == prose
    assert redactor.url(prose) == prose


def test_a_url_loses_its_secrets_and_keeps_the_rest(redactor: Redactor) -> None:
    url = "https://me:pw@h.example/x?api-version=preview&s%69g=abc&subscription-key=q&se=2026#access_token=zzz"
    assert redactor.url(url) == (
        f"https://{MARK}@h.example/x?api-version=preview&s%69g={MARK}&subscription-key={MARK}&se=2026#access_token={MARK}"
    )


def test_location_like_headers_are_masked_as_urls(redactor: Redactor) -> None:
    pairs = (("Location", "/x?s%69g=abc"), ("Link", "<https://h/x?sig=abc>; rel=next"))
    assert redactor.headers(pairs) == (("Location", f"/x?s%69g={MARK}"), ("Link", f"<https://h/x?sig={MARK}>; rel=next"))


def test_headers_of_the_user_are_masked_whole_unless_known_to_be_harmless() -> None:
    pairs = (("X-Gateway-Pin", "blue"), ("Accept", "application/json"), ("x-ms-client-request-id", "a-1"))
    masked = Redactor({}, headers=[name for name, _ in pairs]).headers((*pairs, ("x-other", "blue")))
    assert masked == (("X-Gateway-Pin", MARK), *pairs[1:], ("x-other", "blue"))


def test_a_signature_is_learned_before_anything_of_its_answer_is_let_through(redactor: Redactor) -> None:
    signature = "aB3%2Fx9Yz0123456789abcdEF%3D"
    redactor.study((("x-echo", "aB3/x9Yz0123456789abcdEF="),), f'{{"u": "https:\\/\\/h\\/x?se=1\\u0026sig={signature}"}}')
    assert redactor.text("got aB3/x9Yz0123456789abcdEF=") == f"got {MARK}"


def test_what_was_masked_is_counted_without_a_value(redactor: Redactor) -> None:
    redactor.headers((("Authorization", "Bearer x"), ("authorization", MARK)))
    redactor.url("https://h/x?sig=abc&code=d1Xk9-Qr7Zt2")
    redactor.text(f"echo {CANARY} and {quote(CANARY)}")
    assert redactor.masked == (
        ("header authorization", "1"),
        ("parameter code", "1"),
        ("sas signature", "1"),
        (f"value of {VARIABLE}", "2"),
    )


def test_names_that_a_server_chose_are_counted_without_danger(redactor: Redactor) -> None:
    redactor.url(f"https://h/x?{quote(CANARY, safe='')}_access_token=1&\x1b[31m_access_token=2&{'n' * 90}_access_token=3")
    assert dict(redactor.masked) == {"parameter of another name": "3", f"value of {VARIABLE}": "1"}
    for number in range(200):
        redactor.url(f"https://h/x?a{number}_access_token=1")
    assert len(redactor.masked) <= 62


def test_a_learned_secret_is_masked_and_found_from_then_on(redactor: Redactor) -> None:
    signature = "aB3%2Fx9Yz0123456789abcdEF%3D"
    assert Redactor({}).text(f"path {signature}") == f"path {signature}"
    redactor.url(f"https://a.blob.core.windows.net/c/v.mp4?se=2026&sig={signature}")
    assert redactor.text(f"path {signature}") == f"path {MARK}"
    assert redactor.find(b'{"s": "aB3/x9Yz0123456789abcdEF="}') == "a SAS signature of the server"
    redactor.study((("Set-Cookie", "session=Zx81abcdefgh0123456789; Path=/"),), "")
    assert redactor.text("got Zx81abcdefgh0123456789") == f"got {MARK}"


def test_a_server_cannot_blank_a_report_by_planting_words(redactor: Redactor) -> None:
    redactor.learn("cookie", "<!doctype html>")
    redactor.learn("cookie", "short1")
    assert redactor.find(b"<!doctype html> short1") is None
    for number in range(500):
        redactor.learn("cookie", f"Planted-Cookie-Value-{number:04}")
    assert redactor.text("Planted-Cookie-Value-0499") == "Planted-Cookie-Value-0499"


def test_a_value_that_was_let_through_is_not_learned_afterwards(redactor: Redactor) -> None:
    request_id = "7a1b0c1e-Aaaa-4000-8000-000000000001"
    headers = (("x-request-id", request_id), ("Set-Cookie", f"id={request_id}"))
    redactor.text(request_id)
    redactor.study(headers, "")
    assert redactor.headers(headers) == (("x-request-id", request_id), ("Set-Cookie", MARK))
    assert redactor.find(request_id.encode()) is None


HOSTILE = [
    "eyJ",
    "sk-",
    "%25",
    "?sig",
    "://",
    "a",
    "Bearer ",
    "api-key: ",
    "\\",
    "&",
    "?a=",
    "=;",
    "cookie: ",
    ":",
    " ",
    "CANARY-",
    "x%2525",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_masking_hostile_text_takes_linear_time(redactor: Redactor, unit: str) -> None:
    assert_linear(redactor.text, repeated(unit))


LINE = json.dumps({"url": "https://contoso.openai.azure.com/openai/v1/x?api-version=preview&amp;b=%20", "h": '"quoted"'})


@each([*HOSTILE, LINE])
def test_the_search_before_a_file_is_written_takes_linear_time(unit: str) -> None:
    redactor = Redactor({f"KEY_{number}": f"{CANARY}{number}" for number in range(5)})
    assert_linear(lambda text: redactor.find(text.encode()), repeated(unit))


def test_a_record_is_searched_once_for_the_secrets_that_are_known() -> None:
    redactor = Redactor({VARIABLE: CANARY})
    record = json.dumps({"text": "plain " * 50, "session": "Zq81-mellow-Kx94-harbour-7751"}).encode()
    assert redactor.find(record, is_kept=True) is None
    assert _fresh(b"  " + record + b",", redactor._searched) == (b"", [])
    assert redactor.find(b"[\n  " + record + b",\n  " + record + b"\n]") is None
    beside = json.dumps({"text": "plain " * 50, "more": CANARY}).encode()
    assert redactor.find(record + b"\n" + beside) == VARIABLE
    redactor.know("ANOTHER", "Zq81-mellow-Kx94-harbour-7751")
    assert redactor.find(record) == "ANOTHER"


@settings(deadline=None, max_examples=10)
@given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=9), max_size=12))
def test_every_mark_is_known_however_many_there_are(given_out: list[list[int]]) -> None:
    marks, every = _Marks(), set[int]()
    for at, some in enumerate(given_out):
        marks.add(some)
        every.update(some)
        if at % 3 == 2:
            crowd = {(number + at) << 32 for number in range(_FEW_MARKS + len(every))}
            marks.add(crowd)
            every |= crowd
    assert all(mark in marks for mark in every)
    assert not any(mark in marks for mark in {(mark + 1) % 2**64 for mark in every} - every)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*b'\\"<>&%;=aK4', b'\\"', b"%41", b"&quot;", b"u0061", b"\xef\xbc\xa1", b"\\\\"])))
def test_a_text_reads_the_same_with_and_without_its_places(parts: list[int | bytes]) -> None:
    data = b"".join(bytes([one]) if isinstance(one, int) else one for one in parts)
    plain, placed = (_layers(TextView.of(data, mapped=mapped)) for mapped in (False, True))
    assert [view.data for view in plain] == [view.data for view in placed]


def test_a_secret_cut_by_the_end_of_a_searched_line_is_found() -> None:
    redactor = Redactor({VARIABLE: CANARY})
    before = "x" * 300 + CANARY[:9]
    assert redactor.find(before.encode()) is None
    assert redactor.find((before + "\n" + CANARY[9:]).encode()) == VARIABLE


@given(st.lists(st.sampled_from([b"a", b"f0", b" ", b"z", b"0" * 15, b"ab" * 9, b"c" * 33, b"  .   "]), max_size=30))
def test_long_words_are_found_with_their_places(parts: list[bytes]) -> None:
    data = b"".join(parts)
    for shortest in (24, 32):
        found = list(_words(data, _ONLY_BASE64, shortest))
        assert [word for _begin, word in found] == [word for word in data.replace(b".", b" ").split() if len(word) >= shortest]
        assert all(data.startswith(word, begin) for begin, word in found)
