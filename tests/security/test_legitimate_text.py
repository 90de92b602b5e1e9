"""Promise: what a service says about a key is its diagnosis, and stays; only what looks like a key is masked by shape."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from probe.redact import MARK, Redactor
from tests.each import each

TEXTS = (Path(__file__).parent / "legitimate.txt").read_text(encoding="utf-8").splitlines()
KEYS = {
    "AZURE_OPENAI_API_KEY": "4Zq8Xv2Lw6q7ZTn0Rb5Yc9Kd3Hf7Jg1Ms4Pa8Ue2Io6Bx0Nr5Vt9Qw3Ey7LiACYeBjFXJ3w3AAABACOGh7Tk",
    "OPENAI_API_KEY": "sk-proj-Ab3De5Gh7Jk9Lm2No4Pq6Rs8Tu0Vw1Xy3Za5Bc7De9Fg",
}
HEX, LONG = "4f6a8b0c2d4e6f80d1c3b5a79f8e7d6c", KEYS["AZURE_OPENAI_API_KEY"]
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJjb2duaXRpdmUiLCJvaWQiOiI3NyJ9.Zm9vYmFyQkFaMTIzNDU2Nzg5MA"


@cache
def knowing_both() -> Redactor:
    return Redactor.of(KEYS)


@pytest.fixture(scope="module")
def redactor() -> Redactor:
    return knowing_both()


def test_the_corpus_is_large() -> None:
    assert len(set(TEXTS)) >= 120


@each(TEXTS)
def test_a_diagnosis_stays(text: str) -> None:
    redactor = knowing_both()
    assert redactor.text(text) == text
    assert redactor.url(text) == text
    assert redactor.headers((("x-said", text),)) == (("x-said", text),)


@each(
    [
        f"api-key: {HEX}",
        f"api-key: {LONG}",
        f"Ocp-Apim-Subscription-Key: {HEX}",
        f"subscription key: {HEX}",
        f"the key {LONG} is wrong",
        f"Authorization: Bearer {TOKEN}",
        f"Authorization: Bearer {HEX}",
        f"bearer {HEX} refused",
        f"token {HEX}",
        f"/x?code={'a1B2' * 13}==",
        f"/x?key=AIza{'Sy1b2C3' * 5}",
        f"/x?token={HEX}",
        f"/x?subscription-key={HEX}",
        f"/x?sig={HEX}",
        "Incorrect API key provided: sk-proj-********************wxyz. You can find your API key",
        "Incorrect API key provided: 4f6a8b0c********************7d6c.",
        "Received=sk-Ab3De5Gh7Jk9Lm2No4, expected to start with sk-",
        "used ghp_Ab3De5Gh7Jk9Lm2No4Pq6Rs8Tu0Vw1Xy3Za5",
        "used AKIAIOSFODNN7EXAMPLE",
        "used hf_Ab3De5Gh7Jk9Lm2No4Pq6Rs8Tu0Vw1",
        "AccountName=a;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;",
        "Endpoint=https://c.search.windows.net;ApiKey=Ab3De5Gh7Jk9",
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        '{"api_key": "Ab3De5Gh7"}',
        '{"client_secret": "x8Q~abcdefghijklmnop"}',
        "https://me:passw0rd@contoso.example/x",
        "Set-Cookie: session=Zx81-aB3kx9Yz0123456789; Path=/",
    ]
)
def test_an_unknown_key_is_known_by_its_shape(text: str) -> None:
    masked = Redactor.of({}).text(text)
    assert MARK in masked
    secrets = [
        word
        for word in text.replace("=", " ").replace('"', " ").split()
        if len(word) >= 24 and not word.startswith(("http", "Ocp-"))
    ]
    assert not [word for word in secrets if word.strip(".;") in masked]


@pytest.mark.parametrize("name", ["access", "session", "ticket", "jwt", "auth", "x-assertion"])
def test_a_parameter_whose_name_allows_a_word_is_masked_where_its_value_is_a_key(name: str) -> None:
    redactor = Redactor.of({})
    assert redactor.url(f"https://a.example/x?{name}=Zx81aB3kx9Yz0123456789Qq") == f"https://a.example/x?{name}={MARK}"
    assert redactor.url(f"https://a.example/x?{name}=denied") == f"https://a.example/x?{name}=denied"
