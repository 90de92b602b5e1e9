"""A target's URL is taken as people paste it."""

from __future__ import annotations

import pytest

from probe.errors import UsageError
from probe.model import AuthForm, Credential, CredentialKind
from probe.providers import auth_headers, credential_for, forms, normalise
from tests.each import each
from tests.factories import target

AZURE = "https://contoso.openai.azure.com"


@each(
    [
        (AZURE, AZURE),
        (AZURE + "/", AZURE),
        ("contoso.openai.azure.com", AZURE),
        (f'"{AZURE}/"', AZURE),
        (AZURE + "/openai", AZURE),
        (AZURE + "/openai/", AZURE),
        (AZURE + "/openai/v1", AZURE),
        (AZURE + "/openai/v1/", AZURE),
        (AZURE + "/openai/v1/video/generations/gen_x/content?api-version=preview", AZURE),
        (AZURE + "/openai/openai/v1/videos", AZURE),
        ("HTTPS://Contoso.OpenAI.Azure.com/OpenAI/v1", AZURE),
        ("https://gw.azure-api.net/team/openai/deployments/x?api-version=2024-10-21", "https://gw.azure-api.net/team"),
        ("https://acct.services.ai.azure.com/api/projects/p1/openai/v1", "https://acct.services.ai.azure.com"),
        ("https://api.openai.com/v1", "https://api.openai.com"),
        ("https://eu.api.openai.com/v1/videos/video_1/content", "https://eu.api.openai.com"),
        ("http://127.0.0.1:8765/openai/v1", "http://127.0.0.1:8765"),
        ("http://[::1]:8765/openai", "http://[::1]:8765"),
    ]
)
def test_a_pasted_url_is_cut_to_its_base(pasted: str, base_url: str) -> None:
    assert normalise(pasted).base_url == base_url


def test_what_was_cut_is_said_and_a_doubled_prefix_noticed() -> None:
    doubled = normalise(AZURE + "/openai/openai/v1/videos?api-version=preview")
    assert doubled.api_version == "preview"
    assert any(note.code == "url-prefix-doubled" for note in doubled.notes)
    assert not any(note.code == "url-prefix-doubled" for note in normalise(AZURE + "/openai/v1/videos").notes)


def test_a_project_in_the_url_becomes_an_id() -> None:
    assert normalise("https://acct.services.ai.azure.com/api/projects/my%20p/openai/v1").ids == (("project", "my p"),)


def test_a_generic_base_keeps_its_path() -> None:
    assert normalise("http://localhost:8000/api/", "generic").base_url == "http://localhost:8000/api"


@each(
    [
        ("ftp://contoso.openai.azure.com", "not an http(s) URL"),
        ("https://", "not an http(s) URL"),
        ("https://user:secret@contoso.openai.azure.com", "user name or password"),
        ("https://gateway.example.com/ai", "provider cannot be told"),
        ("https://contoso.openai.azure.com:99999", "out of range"),
        ("https://con toso.openai.azure.com", "not an http(s) URL"),
        ("https://[::1", "Invalid IPv6"),
        ("https://contoso.openai.azure.com:80a", "its port is not a number"),
        ("https://<resource>.openai.azure.com", "<resource> is a placeholder"),
        ("sk-proj-secret-0123456789", "looks like a key"),
        ("https://secret0123456789abcdef0123456789", "looks like a key"),
        ("https://{name}.openai.azure.com/openai/v1", "{name} is a placeholder"),
    ]
)
def test_what_is_no_target_is_refused_with_a_hint(pasted: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        normalise(pasted)
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (AuthForm.API_KEY, (("api-key", "k"),)),
        (AuthForm.BEARER, (("Authorization", "Bearer k"),)),
        (AuthForm.ENTRA, (("Authorization", "Bearer k"),)),
        (AuthForm.APIM, (("Ocp-Apim-Subscription-Key", "k"),)),
        (AuthForm.STORAGE, (("Authorization", "Bearer k"), ("x-ms-version", "2021-08-06"))),
        (AuthForm.NONE, ()),
    ],
)
def test_each_auth_form_has_its_headers(form: AuthForm, headers: tuple[tuple[str, str], ...]) -> None:
    assert auth_headers(form, "k") == headers


def test_the_forms_of_a_target_follow_its_credentials() -> None:
    both = target(credentials=(Credential("K", CredentialKind.KEY), Credential("T", CredentialKind.ENTRA_TOKEN)))
    assert [form for form, _ in forms(both)] == [AuthForm.API_KEY, AuthForm.ENTRA, AuthForm.BEARER, AuthForm.APIM]
    assert credential_for(AuthForm.ENTRA, both) == Credential("T", CredentialKind.ENTRA_TOKEN)
    assert credential_for(AuthForm.STORAGE, both) is None
    assert forms(target(credentials=())) == ((AuthForm.NONE, None),)
