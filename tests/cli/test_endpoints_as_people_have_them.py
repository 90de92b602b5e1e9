"""Endpoints, variables and ids as people have them: understood, or refused with what to type instead."""

from __future__ import annotations

import base64

import pytest

from probe.catalogue import load
from probe.cli.described import Wish
from probe.cli.ids import parse_ids
from probe.cli.targets import Chosen, choose
from probe.diagnoses import tell
from probe.errors import UsageError
from probe.plan import Scope, expand
from tests.factories import artefact

KINDS = (artefact(),)
KEY = "0123456789abcdef0123456789abcdef"
AZURE = "https://contoso.openai.azure.com"


def from_env(**env: str) -> Chosen:
    return choose(Wish(), env, KINDS)


def test_the_host_of_a_vendor_that_the_catalogue_knows_needs_no_provider() -> None:
    wish = Wish(targets=("https://api.bfl.ai/v1",), key_variables=("BFL_KEY",))
    chosen = choose(wish, {"BFL_KEY": KEY}, KINDS, load().endpoints)
    assert chosen.targets[0].provider == "generic"
    with pytest.raises(UsageError, match="cannot be told from the host"):
        choose(Wish(targets=("https://api.nobody.example/v1",)), {}, KINDS, load().endpoints)


@pytest.mark.parametrize(
    ("url", "problem", "hint"),
    [
        ("https://portal.azure.com/#home", "a web site of Azure OpenAI", "copy the endpoint"),
        ("$env:AZURE_OPENAI_ENDPOINT", "is a placeholder", "put the resource's name"),
        ("wss://contoso.openai.azure.com/openai/realtime", "not an http(s) URL", "write it as https://contoso.openai.azure.com"),
        (
            "https://portal.azure.com/#@x/resource/subscriptions/1/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/contoso/o",
            "a web site of Azure OpenAI",
            AZURE,
        ),
        ("https://ai.azure.com/resource/deployments?wsid=%2Fsubscriptions%2F1%2Faccounts%2Fcontoso", "a web site of", AZURE),
        ("https://oai.azure.com/portal", "a web site of Azure OpenAI", "copy the endpoint"),
        ("https://learn.microsoft.com/en-us/azure/ai-services/openai", "a web site of", "copy the endpoint"),
        ("https://platform.openai.com/api-keys", "a web site of OpenAI", "https://api.openai.com/v1"),
        ("https://...", "is a placeholder", "put the resource's name in its place"),
        ("https://xxxx.openai.azure.com", "xxxx is a placeholder", "put the resource's name in its place"),
        ("your_endpoint_here", "your_endpoint_here is a placeholder", "put the resource's name in its place"),
        ("https://YOUR-RESOURCE.openai.azure.com/", "YOUR-RESOURCE is a placeholder", "put the resource's name in its place"),
        ("https://<resource>.openai.azure.com", "<resource> is a placeholder", "put the resource's name in its place"),
        ("https://$RESOURCE.openai.azure.com", "is a placeholder", "put the resource's name in its place"),
        ("contoso", "a name, not a URL", AZURE),
        (AZURE + "/#keys", "the URL has a fragment", "from the # on"),
        (
            "https://api.openai.com/v1",
            "an address of OpenAI, not of Azure OpenAI",
            "unset AZURE_OPENAI_ENDPOINT and set OPENAI_API_KEY",
        ),
    ],
)
def test_what_is_no_endpoint_is_refused_with_what_to_copy(url: str, problem: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_env(AZURE_OPENAI_ENDPOINT=url, AZURE_OPENAI_API_KEY=KEY)
    assert problem in caught.value.message
    assert caught.value.message.startswith("AZURE_OPENAI_ENDPOINT: ")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("url", "base", "deployment", "version"),
    [
        (AZURE + "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", AZURE, "gpt-4o", "2024-10-21"),
        (f"  {AZURE} ;", AZURE, None, None),
        (f"{AZURE}.", AZURE, None, None),
        (AZURE.replace("//", "/"), AZURE, None, None),
        (AZURE + "/openai/v1/models", AZURE, None, None),
        (AZURE + "/openai/v1/chat/completions", AZURE, None, None),
        (
            "https://contoso.services.ai.azure.com/models/chat/completions",
            "https://contoso.services.ai.azure.com",
            None,
            None,
        ),
        ("https://contoso.services.ai.azure.com/models", "https://contoso.services.ai.azure.com", None, None),
        ("https://x.eastus.inference.ml.azure.com/score", "https://x.eastus.inference.ml.azure.com", None, None),
        ("https://contoso.openai.azure.us/", "https://contoso.openai.azure.us", None, None),
        ("https://contoso.openai.azure.cn/openai", "https://contoso.openai.azure.cn", None, None),
    ],
)
def test_a_route_is_cut_and_what_it_tells_is_used(url: str, base: str, deployment: str | None, version: str | None) -> None:
    (target,) = from_env(AZURE_OPENAI_ENDPOINT=url, AZURE_OPENAI_API_KEY=KEY).targets
    assert (target.provider, target.base_url, target.deployment, target.api_version) == ("azure", base, deployment, version)


@pytest.mark.parametrize(
    ("variable", "provider"),
    [
        ("AZURE_AI_PROJECT_ENDPOINT", "azure"),
        ("PROJECT_ENDPOINT", "azure"),
        ("AZURE_OPENAI_API_BASE", "azure"),
        ("AZURE_OPENAI_BASE_URL", "azure"),
        ("AZURE_INFERENCE_ENDPOINT", "azure"),
        ("AZURE_AI_API_BASE", "azure"),
        ("OPENAI_BASE_URL", "azure"),
        ("LITELLM_PROXY_API_BASE", "azure"),
    ],
)
def test_every_usual_variable_names_the_target(variable: str, provider: str) -> None:
    (target,) = from_env(**{variable: "https://a.services.ai.azure.com/api/projects/p1"}).targets
    assert (target.provider, target.base_url, target.ids) == (provider, "https://a.services.ai.azure.com", (("project", "p1"),))
    assert any(f"read from {variable}" in tell(note) for note in target.notes)


def test_a_variable_that_other_software_uses_counts_only_with_a_host_of_the_vendor() -> None:
    with pytest.raises(UsageError, match="no target given"):
        from_env(PROJECT_ENDPOINT="https://projects.example.com")


def test_litellms_own_variables_make_a_generic_target_with_its_own_key() -> None:
    (target,) = from_env(LITELLM_PROXY_API_BASE="http://127.0.0.1:4000", LITELLM_PROXY_API_KEY="sk-1234567890abc").targets
    assert (target.provider, target.credentials[0].variable) == ("generic", "LITELLM_PROXY_API_KEY")


@pytest.mark.parametrize("variable", ["AZURE_OPENAI_API_VERSION", "OPENAI_API_VERSION", "AZURE_API_VERSION"])
def test_an_api_version_of_a_variable_is_tried_first(variable: str) -> None:
    catalogue = load()
    chosen = choose(Wish(ids=("file-abc",)), {"AZURE_OPENAI_ENDPOINT": AZURE, variable: "2024-06-01"}, catalogue.artefacts)
    (target,) = chosen.targets
    versions = [
        probe.api_version for probe in expand(catalogue, (target,), Scope()).probes if probe.endpoint == "azure.file.content"
    ]
    classic = [
        [probe.api_version for probe in expand(catalogue, (target,), Scope()).probes if probe.endpoint == one.id]
        for one in catalogue.endpoints
        if one.provider == "azure" and one.surface == "azure-classic" and one.artefact == "file"
    ]
    assert all(one[0] == "2024-06-01" for one in classic if one), versions
    assert any(classic)


def test_an_azure_host_under_openais_variable_never_gets_openais_key() -> None:
    got = from_env(OPENAI_BASE_URL=AZURE + "/openai/v1", OPENAI_API_KEY="sk-" + KEY)
    assert got.targets[0].credentials == ()
    assert got.secrets == {}
    assert any("--key-env OPENAI_API_KEY sends it" in one for one in got.warnings)


def test_an_azure_host_under_openais_variable_takes_the_key_that_lies_beside_it() -> None:
    got = from_env(OPENAI_BASE_URL=AZURE + "/openai/v1", OPENAI_API_KEY=KEY)
    assert got.targets[0].credentials[0].variable == "OPENAI_API_KEY"
    assert any("looks like a key of OpenAI" in one for one in got.warnings)


def test_a_key_never_reaches_another_vendor_without_a_word() -> None:
    wish = Wish(targets=("https://api.openai.com/v1",), key_variables=("AZURE_OPENAI_API_KEY",))
    got = choose(wish, {"AZURE_OPENAI_API_KEY": KEY}, KINDS)
    assert any("looks like a key of Azure OpenAI and goes to api.openai.com" in one for one in got.warnings)


WRAPPED = "video_" + base64.b64encode(b"litellm:custom_llm_provider:openai;model_id:;video_id:video_68f0").decode()


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ('"task_01kb",', (("job_id", "task_01kb"),)),
        ('"id": "task_01kb",', (("job_id", "task_01kb"),)),
        ("id: task_01kb", (("job_id", "task_01kb"),)),
        ("id=task_01kb", (("job_id", "task_01kb"),)),
        ('"generation_id": "gen_1"', (("generation_id", "gen_1"),)),
        (AZURE + "/openai/v1/video/generations/gen_1/content", (("generation_id", "gen_1"),)),
        ("assistant-1YGVTvNzc2JXajI5JU9F0HMD", (("assistant_file_id", "assistant-1YGVTvNzc2JXajI5JU9F0HMD"),)),
        (WRAPPED, (("video_id", WRAPPED),)),
    ],
)
def test_an_id_is_taken_as_it_was_copied(text: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert parse_ids((text,), load().artefacts)[0] == pairs


def test_an_id_without_a_known_prefix_is_tried_as_every_plausible_kind() -> None:
    pairs, _notes = parse_ids(("eEqy3T7r-_du4NKx",), load().artefacts)
    assert {name for name, _ in pairs} >= {"job_id", "generation_id", "video_id", "file_id"}


def test_what_litellm_wrapped_into_an_id_is_told() -> None:
    (note,) = parse_ids((WRAPPED,), load().artefacts)[1]
    assert "wrapping of video_68f0 (provider openai)" in tell(note)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("task_01kb...", "the id was cut off"),
        ("gen_01…", "the id was cut off"),
        ("https://a.example.com/x", "a URL without a known id"),
    ],
)
def test_an_id_that_cannot_be_used_is_refused_with_the_mend(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        parse_ids((text,), load().artefacts)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("models/veo-3.0/operations/a1b2", (("model", "veo-3.0"), ("job_id", "a1b2"))),
        (
            "projects/p1/locations/us-central1/publishers/google/models/veo-3.0/operations/a1b2",
            (("cloud_project", "p1"), ("cloud_location", "us-central1"), ("model", "veo-3.0"), ("job_id", "a1b2")),
        ),
    ],
)
def test_the_name_of_an_operation_is_taken_apart(text: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert parse_ids((text,), load().artefacts)[0] == pairs
