"""What goes out: headers, ranges, raw links and ids; and credentials that stay at the origin they were given for."""

from __future__ import annotations

from typing import Any

import pytest
import respx
from httpx import Response as Wire

from probe.diagnoses import tell
from probe.model import AuthForm, CaptureRule, Control, Credential, CredentialKind, Limits, Observation, Probe, Purpose, Role
from probe.transport.dialling import Dialler
from probe.transport.through import Through, through
from probe.transport.wireurl import WireUrl
from tests.factories import endpoint
from tests.loopback import Call, answer, serving
from tests.runner.helpers import KEY, SECRETS, observe, probe, runner, target

pytestmark = pytest.mark.anyio

TOKEN = "eyJTOKEN-storage-0123456789"


@pytest.fixture(autouse=True)
def by_httpcore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send plain http by httpcore too, for which respx stands in."""

    def direct(host: str, port: int, dialler: Dialler) -> Through:
        return through(WireUrl("http", host, host.encode(), port, host, b"/"), None, None, None, dialler)

    monkeypatch.setattr("probe.transport.network.Direct", direct)


async def sent(of: Probe, base_url: str = "https://contoso.openai.azure.com", **changes: Any) -> dict[str, str]:
    """Headers that the wire saw for one probe, by lower-case name."""
    with respx.mock:
        route = respx.route().mock(return_value=Wire(200, json={}))
        await observe(base_url, [of], **changes)
        assert route.called
        return dict(route.calls.last.request.headers)


async def test_the_exact_headers_of_a_download() -> None:
    headers = await sent(probe("https://contoso.openai.azure.com/v", role=Role.DOWNLOAD))
    assert headers.pop("user-agent").startswith("probe/")
    assert headers == {
        "host": "contoso.openai.azure.com",
        "accept": "*/*",
        "accept-encoding": "identity",
        "range": "bytes=0-4095",
        "api-key": KEY,
    }


async def test_only_a_get_of_an_artefact_is_ranged() -> None:
    url = "https://contoso.openai.azure.com/v"
    assert "range" not in await sent(probe(url, role=Role.METADATA))
    assert "range" not in await sent(probe(url, role=Role.DOWNLOAD, method="HEAD"))
    assert (await sent(probe(url, role=Role.DOWNLOAD), limits=Limits(max_artefact=100)))["range"] == "bytes=0-99"
    assert (await sent(probe(url, role=Role.DOWNLOAD, headers=(("Range", "bytes=0-0"),))))["range"] == "bytes=0-0"


@pytest.mark.parametrize(
    ("form", "name", "value"),
    [
        (AuthForm.API_KEY, "api-key", KEY),
        (AuthForm.BEARER, "authorization", f"Bearer {KEY}"),
        (AuthForm.APIM, "ocp-apim-subscription-key", KEY),
    ],
)
async def test_a_credential_is_carried_in_the_form_that_was_planned(form: AuthForm, name: str, value: str) -> None:
    assert (await sent(probe("https://contoso.openai.azure.com/v", auth=form)))[name] == value


@pytest.mark.parametrize(
    "url",
    [
        "http://contoso.openai.azure.com/v",
        "https://contoso.openai.azure.com:8443/v",
        "https://contoso.openai.azure.com.evil.example/v",
        "https://evil.example/contoso.openai.azure.com",
        "https://sub.contoso.openai.azure.com/v",
    ],
)
@pytest.mark.parametrize("form", [AuthForm.API_KEY, AuthForm.BEARER, AuthForm.ENTRA, AuthForm.APIM, AuthForm.STORAGE])
async def test_no_credential_goes_to_another_origin(url: str, form: AuthForm) -> None:
    headers = await sent(
        probe(url, auth=form),
        target_headers={"lab": (("X-Extra", "only-at-home"),)},
        secrets=SECRETS | {"TOKEN": TOKEN},
        targets=(target("https://contoso.openai.azure.com", credentials=_all_kinds()),),
    )
    assert KEY not in str(headers) and TOKEN not in str(headers) and "x-extra" not in headers


async def test_the_default_port_and_case_of_a_host_are_the_same_origin() -> None:
    assert (await sent(probe("https://CONTOSO.openai.azure.com:443/v")))["api-key"] == KEY


async def test_a_storage_token_goes_only_to_blob_storage_over_tls() -> None:
    changes: dict[str, Any] = {
        "secrets": {"TOKEN": TOKEN},
        "targets": (target("https://contoso.openai.azure.com", credentials=_all_kinds()),),
    }
    blob = probe("https://acct.blob.core.windows.net/out/r.jsonl", auth=AuthForm.STORAGE)
    headers = await sent(blob, **changes)
    assert (headers["authorization"], headers["x-ms-version"]) == (f"Bearer {TOKEN}", "2021-08-06")
    for url in (
        "http://acct.blob.core.windows.net/x",
        "https://blob.core.windows.net.evil.example/x",
        "https://contoso.openai.azure.com/x",
    ):
        assert TOKEN not in str(await sent(probe(url, auth=AuthForm.STORAGE), **changes))


async def test_extra_headers_go_home_only_and_not_into_the_control_without_a_credential() -> None:
    extra = {"lab": (("X-Gateway", "g"), ("api-key", "second"), ("Authorization", "Bearer other"))}
    home = probe("https://contoso.openai.azure.com/v")
    headers = await sent(home, target_headers=extra)
    assert (headers["x-gateway"], headers["api-key"], headers["authorization"]) == ("g", KEY, "Bearer other")
    control = probe(home.url, auth=AuthForm.NONE, purpose=Purpose.CONTROL, control=Control.NO_CREDENTIAL)
    headers = await sent(control, target_headers=extra)
    assert headers["x-gateway"] == "g" and "api-key" not in headers and "authorization" not in headers


async def test_a_missing_secret_is_said_and_nothing_is_sent() -> None:
    with respx.mock:
        (seen,) = await observe("https://contoso.openai.azure.com", [probe("https://contoso.openai.azure.com/v")], secrets={})
    assert tell(seen.skip_reason) == "the variable AZURE_OPENAI_API_KEY holds no credential"


LINK = "https://files.example/raw?se=2026&sig=S3cretSignature%2Bx%3D&sp=r"


async def follow(first: bytes | str, **changes: Any) -> tuple[list[Observation], list[Any]]:
    """Ask for JSON that names a link, then for the link as the plan would; what was seen, and the calls of the wire."""
    base = "https://contoso.openai.azure.com"
    parent = probe(f"{base}/meta", id="lab/meta")
    seen: list[Observation] = []
    with respx.mock:
        respx.get(parent.url).mock(return_value=Wire(200, content=first, headers={"content-type": "application/json"}))
        respx.route().mock(return_value=Wire(206, content=b"\0\0\0\x18ftypisom\0\0\2\0isommp41"))
        async with runner((target(base),)) as one:
            await one.run([parent], seen.append)
            assert seen[0].last is not None and seen[0].last.response is not None
            link = seen[0].last.response.links[0]
            values = {"id": "lab/meta+link1", "purpose": Purpose.LINK, "role": Role.DOWNLOAD, "of": parent.id, "link": 0} | changes
            url = link.url + ("&api-version=preview" if changes else "")
            await one.run([probe(url, **values)], seen.append)
        return seen, list(respx.calls)


async def test_a_link_is_followed_with_its_signature_which_is_stored_nowhere() -> None:
    seen, calls = await follow('{"video": {"anything": "' + LINK.replace("&", "\\u0026") + '"}}')
    assert str(calls[-1].request.url) == LINK
    assert "api-key" not in calls[-1].request.headers
    assert "S3cretSignature" not in str(seen)
    assert seen[1].last is not None and seen[1].last.response is not None
    assert seen[1].last.response.sniffed_type == "video/mp4"


async def test_a_link_whose_secret_part_is_gone_is_not_sent() -> None:
    lost = probe("https://files.example/raw?sig=REDACTED", purpose=Purpose.LINK, of="lab/earlier", link=0)
    with respx.mock:
        (seen,) = await observe("https://contoso.openai.azure.com", [lost])
    assert tell(seen.skip_reason) == "the secret part of the link was only in the memory of the run that found it"


async def test_a_link_can_be_tried_with_the_api_version_added() -> None:
    _seen, calls = await follow('{"url": "/openai/v1/x?sig=abcdefgh12345678"}', api_version="preview", variant="with api-version")
    assert str(calls[-1].request.url) == "https://contoso.openai.azure.com/openai/v1/x?sig=abcdefgh12345678&api-version=preview"
    assert calls[-1].request.headers["api-key"] == KEY


async def test_a_captured_id_is_sent_as_the_wire_gave_it() -> None:
    of = endpoint(id="e", captures=(CaptureRule("file_id", ("$.id",)),))
    base, raw = "https://contoso.openai.azure.com", f"file-{KEY}"
    seen: list[Observation] = []
    with respx.mock:
        respx.get(f"{base}/meta").mock(return_value=Wire(200, json={"id": raw}))
        route = respx.get(f"{base}/files/{raw}/content").mock(return_value=Wire(200, json={}))
        async with runner((target(base),), endpoints={"e": of}) as one:
            await one.run([probe(f"{base}/meta", endpoint="e")], seen.append)
            (capture,) = seen[0].captures
            assert KEY not in capture.value and (capture.name, capture.path) == ("file_id", "$.id")
            await one.run([probe(f"{base}/files/{capture.value}/content", ids=(("file_id", capture.value),))], seen.append)
        assert route.called
    assert KEY not in str(seen)


async def test_an_id_with_a_secret_in_it_is_sent_to_its_own_target_alone() -> None:
    """Another server that knows what is left of it, for any can say `file-REDACTED`, would be told the rest."""
    of = endpoint(id="e", captures=(CaptureRule("file_id", ("$.id",)),))
    base, other = "https://contoso.openai.azure.com", "https://other.openai.azure.com"
    seen: list[Observation] = []
    with respx.mock:
        respx.get(f"{base}/meta").mock(return_value=Wire(200, json={"id": f"file-{KEY}"}))
        async with runner((target(base), target(other, name="other")), endpoints={"e": of}) as one:
            await one.run([probe(f"{base}/meta", endpoint="e")], seen.append)
            (capture,) = seen[0].captures
            url = f"{other}/files/{capture.value}/content"
            await one.run([probe(url, target="other", ids=(("file_id", capture.value),))], seen.append)
    assert not seen[1].exchanges and seen[1].skip_reason is not None


@pytest.mark.parametrize(
    ("location", "is_refused"),
    [
        ("http://169.254.169.254/latest/meta-data/", True),
        ("http://10.0.0.1/", True),
        ("http://[fd00:ec2::254]/", True),
        ("http://localhost:1/", False),
        ("http://127.0.0.1:1/x", False),
        ("file:///etc/passwd", True),
        ("javascript:alert(1)", True),
        ("ftp://example.com/x", True),
        ("//user:pass@127.0.0.1/x", True),
        ("http://[::1", True),
        ("/relative", False),
        ("?only=query", False),
    ],
)
async def test_a_redirect_of_a_loopback_target_is_followed_only_where_it_may_lead(location: str, is_refused: bool) -> None:
    async with serving(answer(b"", "302 Found", f"Location: {location}")) as server:
        (seen,) = await observe(server.url, [probe(server.url + "/x")])
    assert seen.last is not None and seen.last.response is not None
    (link,) = seen.last.response.links
    assert (link.refused is not None) is is_refused, link
    assert link.found_in == "header:Location"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://contoso.openai.azure.com/x", "downgrade to http"),
        ("https://127.0.0.1/x", "loopback address"),
        ("https://2130706433/x", "loopback address"),
        ("https://[::ffff:10.0.0.1]/x", "private address"),
        ("https://169.254.169.254/x", "metadata address"),
        ("https://me:pw@files.example/x", "user-info in the URL"),
        ("data:text/html,x", "scheme data"),
    ],
)
async def test_a_link_of_a_public_target_is_refused_with_its_reason(location: str, reason: str) -> None:
    with respx.mock:
        respx.route().mock(return_value=Wire(302, headers={"location": location}))
        (seen,) = await observe("https://contoso.openai.azure.com", [probe("https://contoso.openai.azure.com/x")])
    assert seen.last is not None and seen.last.response is not None
    assert [tell(link.refused) or None for link in seen.last.response.links] == [reason]


async def test_a_recorder_on_another_port_never_sees_a_credential() -> None:
    async def bounce(call: Call) -> None:
        await call.send(answer(b'{"url": "%s/stolen"}' % thief.url.encode(), "302 Found", f"Location: {thief.url}/x"))

    async with serving(answer(b"{}")) as thief, serving(bounce) as server, runner((target(server.url),)) as one:
        seen: list[Observation] = []
        for form in (AuthForm.API_KEY, AuthForm.BEARER, AuthForm.APIM):
            parent = probe(server.url + "/a", id=f"lab/{form}", auth=form)
            await one.run([parent], seen.append)
            last = seen[-1].last
            assert last is not None and last.response is not None
            children = [
                probe(link.url, id=f"{parent.id}+link{at}", auth=form, purpose=Purpose.LINK, of=parent.id, link=at)
                for at, link in enumerate(last.response.links)
            ]
            assert children
            await one.run(children, seen.append)
    assert len(thief.calls) == 6
    assert KEY not in thief.heads and "api-key" not in thief.heads.lower() and "authorization" not in thief.heads.lower()
    assert KEY in server.heads


async def test_another_name_of_the_same_server_is_another_origin() -> None:
    async def bounce(call: Call) -> None:
        await call.send(answer(b"{}", "307 Temporary", f"Location: http://localhost:{server.port}/other"))

    async with serving(bounce) as server, runner((target(server.url),)) as one:
        seen: list[Observation] = []
        await one.run([probe(server.url + "/a", id="lab/a")], seen.append)
        assert seen[0].last is not None and seen[0].last.response is not None
        (link,) = seen[0].last.response.links
        await one.run([probe(link.url, id="lab/b", purpose=Purpose.LINK, of="lab/a", link=0)], seen.append)
    assert not link.same_origin
    assert [call.header("api-key") for call in server.calls] == [KEY, None]


def _all_kinds() -> tuple[Credential, ...]:
    return (
        Credential("AZURE_OPENAI_API_KEY", CredentialKind.KEY),
        Credential("TOKEN", CredentialKind.STORAGE_TOKEN),
        Credential("TOKEN", CredentialKind.ENTRA_TOKEN),
    )
