"""Reading a paste costs in proportion to its size, whatever it is made of, and a huge HAR stays within its bounds."""

from __future__ import annotations

import json

from probe.intake import understand
from tests.each import each
from tests.growth import assert_linear, repeated
from tests.intake.corpus import knowledge, pastes

UNITS = {
    "quotes": "'\"`",
    "braces": "{[(",
    "objects": '{"a":',
    "members": '{"error":{"message":"x"}}\n',
    "assignments": "key = value\n",
    "references": "${a}{b}%c%",
    "urls": "https://contoso.openai.azure.com/openai/v1/files/file-abc123 ",
    "one url": "https://a/",
    "ids": "file-abc123_",
    "heads": "HTTP/1.1 404 X\nA: b\n",
    "statuses": "error: 404 Not found, message: x\n",
    "continuations": "curl \\\n",
    "az": "az rest \\\n",
    "xml": "<Error><Code>",
    "closed xml": "<Error></Error>",
    "sdk": ".videos.retrieve(",
    "quoted words": "error: \"a' ",
    "spaces": " ",
    "dots": "a.b.",
    "exceptions": "aException: ",
    "table": "https://a/b | 404 | `",
    "rows": "https://a/b,404,",
    "listed": "file-abc12345 404\n",
    "ruled": "a  b\n-- --\n",
    "dumped": "0000: 47 45 54 20 GET\n",
    "formatted": '"%s".format(a)',
    "packed": '"eyJ',
    "one row": "https://",
    "names and values": "- name: ABC_DEF\n  value: x\n",
    "wrapped": "https://aaaaaaaa\n?a=b",
    "torn": '{"error":{"message":"',
    "records": '{"url":"https://a/v1/x","method":"GET","status":404}\n',
    "marks": "> > > =3D=\n",
    "markdown rows": "| GET https://a/v1/x | 404 no |\n",
    "headless rows": "https://a/b,404,x\n",
    "stamps": "2026-01-01T00:00:00Z x\n",
    "tags": '<p><a href="https://a">',
    "carried": "https%3A%2F%2Fa https://safelinks.protection.outlook.com/?url=https%3A",
    "outputs": '"a":{"type":"x",',
    "wrapped paths": "https://aaaaaaaaa\nbbb/",
    "relative calls": 'conn.request("GET", "/v1/videos/a1")\n',
    "parameters": '"api-version": "preview" https://a.openai.azure.com/openai/v1/x ',
    "nested records": '{"http":{"request":{"url":"https://a/v1/x","method":"GET"},"response":{"status":404}}}\n',
    "pairs": "status=404 path=/v1/videos/a1 a='\n",
    "beside": "https://a.openai.azure.com/v1/x gives ",
    "causes": "failed to connect to certificate is valid for dial tcp CERTIFICATE_VERIFY_FAILED ",
    "methods": "GET request to https://a.openai.azure.com/x\nmethod:\n",
}


@each(UNITS.values())
def test_work_grows_with_the_paste(unit: str) -> None:
    assert_linear(lambda text: understand(text, knowledge()), repeated(unit), 6 * 1024)


def test_work_grows_with_the_number_of_cases() -> None:
    every = "\n".join(one.text for one in pastes())[:15_000]
    assert_linear(lambda size: understand((every * 8)[:size], knowledge()), lambda size: size, 15_000)


def test_a_har_of_100_000_entries_costs_what_it_weighs() -> None:
    def har(count: int) -> str:
        entry = {
            "startedDateTime": "2026-01-12T09:00:00Z",
            "request": {"method": "GET", "url": "https://contoso.openai.azure.com/openai/v1/files/file-abc"},
            "response": {"status": 404},
        }
        return json.dumps({"log": {"entries": [entry] * count}}, separators=(",", ":"))

    got = understand(har(100_000), knowledge())
    assert (got.kinds, got.status_code) == (("har",), 404)
    assert len(got.calls) <= 2000
    assert_linear(lambda text: understand(text, knowledge()), har, 5_000)
