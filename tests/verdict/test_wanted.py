"""Controls are asked for only where they can change a verdict, each once, on the best probe."""

from __future__ import annotations

import pytest

from probe.diagnoses import summary
from probe.frozen import replace
from probe.model import AuthForm, Control, Credential, CredentialKind, Observation, Probe, Purpose, Response, Skipped
from probe.verdict import wanted
from tests.factories import GENERATION, mp4_response, target
from tests.verdict.cases import (
    CLASSIC,
    CONTENT,
    CONTENT_VIDEO,
    FILE,
    METADATA,
    OPENAI_VIDEO,
    ROUTE_404,
    SAYS_MOVED,
    TARGETS,
    ask,
    beside,
    error,
    json_answer,
    plain,
    scan,
    seen,
    verdict,
)

DENIED = error(401, "Access denied due to invalid subscription key or wrong API endpoint.", "401")
METADATA_OK = seen(ask(METADATA), json_answer(("$.id", GENERATION)))


def kinds(*pairs: tuple[Probe, Observation], **changes: object) -> list[tuple[str, str]]:
    """(control or auth form, endpoint of the probe it is for)."""
    evidence = scan(*pairs, **changes)
    names = {one.id: one.endpoint for one in evidence.probes}
    return [((one.control or one.auth).value, names[one.of]) for one in wanted(evidence) if one.control or one.auth]


def test_nothing_is_wanted_of_an_empty_scan_or_of_one_that_needs_no_proof() -> None:
    assert kinds() == []
    assert kinds(METADATA_OK) == []
    assert kinds(seen(ask(), None, "connection_refused")) == []
    assert kinds(seen(ask(), plain(429))) == []


def test_unknown_routes_share_one_nonsense_path_per_surface() -> None:
    pairs = [seen(ask(CONTENT, api_version=one), ROUTE_404) for one in ("preview", None)]
    found = kinds(METADATA_OK, *pairs, seen(ask(CONTENT_VIDEO), ROUTE_404))
    assert found == [("bogus_route", "azure.sora1.content-video")]


def test_each_surface_has_its_own() -> None:
    found = kinds(seen(ask(CONTENT), ROUTE_404), seen(ask(CLASSIC), ROUTE_404))
    assert [one for one in found if one[0] == "bogus_route"] == [("bogus_route", CLASSIC.id), ("bogus_route", CONTENT.id)]


def test_an_answered_control_is_not_wanted_again() -> None:
    of = ask(CONTENT)
    assert kinds(METADATA_OK, seen(of, ROUTE_404), beside(of, Control.BOGUS_ROUTE, ROUTE_404)) == []


def test_a_control_that_could_not_be_sent_is_not_wanted_for_ever() -> None:
    of = ask(CONTENT)
    skipped = (Skipped(f"{of.id}+bogus_route", CONTENT.id, "contoso", "the limit of requests was reached"),)
    assert kinds(METADATA_OK, seen(of, ROUTE_404), skipped=skipped) == []


def test_without_any_success_the_list_of_models_shows_whether_host_and_key_are_right() -> None:
    assert ("models", CONTENT_VIDEO.id) in kinds(seen(ask(), ROUTE_404))
    assert ("models", CONTENT_VIDEO.id) not in kinds(METADATA_OK, seen(ask(), ROUTE_404))


def test_a_doubtful_version_is_checked_beside_a_route_that_exists() -> None:
    odd = ask(CONTENT, api_version="2024-10-01")
    nonsense = beside(odd, Control.BOGUS_ROUTE, ROUTE_404)
    assert kinds(METADATA_OK, seen(odd, ROUTE_404), nonsense) == [("bogus_version", METADATA.id)]
    known = ask(CONTENT)
    assert kinds(METADATA_OK, seen(known, ROUTE_404), beside(known, Control.BOGUS_ROUTE, ROUTE_404)) == []


def test_the_best_would_be_download_of_an_artefact_is_checked_against_a_bogus_id() -> None:
    pairs = [
        seen(ask(CONTENT), mp4_response()),
        seen(ask(), mp4_response()),
        seen(ask(CONTENT_VIDEO, api_version=None), mp4_response()),
    ]
    assert kinds(*pairs) == [("bogus_id", CONTENT_VIDEO.id)]
    of = pairs[1][0]
    assert kinds(*pairs, beside(of, Control.BOGUS_ID, SAYS_MOVED)) == []


def test_where_one_download_is_a_catch_all_every_other_is_checked_by_itself() -> None:
    pairs = [seen(ask(CONTENT), mp4_response()), seen(ask(), mp4_response()), seen(ask(CONTENT), mp4_response())]
    of = pairs[1][0]
    routes = beside(of, Control.BOGUS_ROUTE, ROUTE_404)
    assert kinds(*pairs, routes, beside(of, Control.BOGUS_ID, mp4_response())) == [("bogus_id", CONTENT.id)]
    everything = beside(of, Control.BOGUS_ROUTE, mp4_response())
    assert kinds(*pairs, everything, beside(of, Control.BOGUS_ID, mp4_response())) == []


def test_where_anything_may_be_the_artefact_each_surface_is_checked() -> None:
    pdf = mp4_response(sniffed_type="application/pdf")
    assert kinds(seen(ask(FILE), pdf), seen(ask(CLASSIC), pdf)) == [("bogus_id", FILE.id), ("bogus_id", CLASSIC.id)]


def test_an_unknown_id_is_compared_with_one_that_nobody_had() -> None:
    of = ask()
    found = kinds(METADATA_OK, seen(of, error(404, "generation not found", "NotFound")), beside(of, Control.BOGUS_ROUTE, ROUTE_404))
    assert found == []  # metadata knows the id: the content is not here, whatever a bogus id gets
    found = kinds(seen(of, SAYS_MOVED), beside(of, Control.BOGUS_ROUTE, ROUTE_404))
    assert found == [("bogus_id", CONTENT_VIDEO.id)]


@pytest.mark.parametrize(
    ("credentials", "sent", "expected"),
    [
        ((CredentialKind.KEY,), AuthForm.API_KEY, ["bearer", "apim"]),
        ((CredentialKind.KEY, CredentialKind.ENTRA_TOKEN), AuthForm.API_KEY, ["bearer", "apim", "entra"]),
        ((CredentialKind.ENTRA_TOKEN,), AuthForm.ENTRA, []),
        ((), AuthForm.NONE, []),
    ],
)
def test_a_refusal_asks_for_the_other_auth_forms_once_per_target(
    credentials: tuple[CredentialKind, ...], sent: AuthForm, expected: list[str]
) -> None:
    azure = target(credentials=tuple(Credential(kind.value.upper(), kind) for kind in credentials))
    probes = [replace(ask(of), auth=sent, id=f"contoso/{of.id}") for of in (CONTENT, CONTENT_VIDEO)]
    found = kinds(*(seen(one, DENIED) for one in probes), targets=(azure, *TARGETS[1:]))
    assert [kind for kind, _of in found if kind not in list(Control)] == expected
    assert all(of == CONTENT_VIDEO.id for kind, of in found if kind not in list(Control))


def test_auth_forms_that_were_tried_are_not_tried_again() -> None:
    tried = seen(replace(ask(id="contoso/x+auth-bearer"), auth=AuthForm.BEARER, purpose=Purpose.AUTH), DENIED)
    assert {kind for kind, _of in kinds(seen(ask(), DENIED), tried)} == {"models"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(403, "Access denied due to Virtual Network/Firewall rules.", "403"), set()),
        (error(403, "Key based authentication is disabled for this resource.", "AuthenticationTypeDisabled"), {"entra"}),
        (error(403, "AuthorizationPermissionMismatch", "AuthorizationPermissionMismatch", shape="xml"), set()),
    ],
)
def test_forms_that_cannot_help_are_not_tried(answer: Response, expected: set[str]) -> None:
    both = target(credentials=(Credential("K", CredentialKind.KEY), Credential("T", CredentialKind.ENTRA_TOKEN)))
    found = kinds(seen(ask(), answer), targets=(both, *TARGETS[1:]))
    assert {kind for kind, _of in found} - {"models"} == expected


def test_openais_own_host_reads_only_a_bearer_key() -> None:
    refused = error(401, "Incorrect API key provided: sk-x", "invalid_api_key")
    assert {kind for kind, _of in kinds(seen(ask(OPENAI_VIDEO, at="openai"), refused))} == {"models"}


def test_an_unknown_refusal_is_compared_with_no_credential_at_all() -> None:
    assert ("no_credential", CONTENT_VIDEO.id) in kinds(seen(ask(), error(401, "nope", shape="flat")))
    assert ("no_credential", CONTENT_VIDEO.id) not in kinds(seen(ask(), DENIED))


def test_the_control_without_a_credential_tells_whether_it_is_read() -> None:
    nope = error(401, "nope", shape="flat")
    same, other = verdict(nope, no_credential=nope), verdict(nope, no_credential=error(401, "who are you?", shape="flat"))
    assert (same.code, "responds the same without a credential" in summary(same)) == ("access-denied", True)
    assert (other.code, "reads the credential and rejects it" in summary(other)) == ("access-denied", True)


def test_asking_again_and_again_comes_to_an_end() -> None:
    pairs = [seen(ask(CONTENT, api_version=one), ROUTE_404) for one in ("preview", "2024-10-01")] + [
        seen(ask(), plain(404)),
        seen(ask(FILE), SAYS_MOVED),
    ]
    for _round in range(6):
        evidence = scan(*pairs)
        more = wanted(evidence)
        if not more:
            break
        by_id = {one.id: one for one in evidence.probes}
        for one in more:
            of = by_id[one.of]
            if one.control:
                pairs.append(beside(of, one.control, ROUTE_404))
            else:
                pairs.append(seen(replace(of, id=f"{of.id}+{one.auth}", auth=one.auth, purpose=Purpose.AUTH), DENIED))
    assert wanted(scan(*pairs)) == ()
    assert len(pairs) < 14
