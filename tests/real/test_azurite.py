"""Azurite, Microsoft's storage emulator: signed links are proved through their signature, each spoilt one is told by name."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from probe.simulator.media import media
from tests.cli.running import Done, probe
from tests.real.servers import free_port, installed, serving

storage = pytest.importorskip("azure.storage.blob", reason="azure-storage-blob is not installed (extra dev)")

pytestmark = pytest.mark.real

ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # public: every Azurite has it
)
KEY = "sk-CANARY-81b6e02f7c9d4a35"
CLIP = media("clip.mp4")
HOUR = timedelta(hours=1)
KINDS = ("good", "expired", "early", "tampered", "write-only", "missing", "unsigned")


@dataclass
class Storage:
    """The emulator with one private container, the way to its log, and the service whose answers name its links."""

    port: int
    folder: Path
    links: dict[str, str] = field(default_factory=dict)
    service: str = ""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/{ACCOUNT}"

    @property
    def authority(self) -> str:
        return f"{ACCOUNT}.blob.core.windows.net:{self.port}"

    @property
    def cacert(self) -> str:
        return str(self.folder / "cert.pem")

    def link(
        self, *, blob: str = "clip.mp4", permission: str = "r", ends: timedelta = HOUR, starts: timedelta | None = None
    ) -> str:
        now = datetime.now(UTC)
        signature = storage.generate_blob_sas(
            ACCOUNT,
            "videos",
            blob,
            account_key=ACCOUNT_KEY,
            permission=permission,
            expiry=now + ends,
            start=now + starts if starts else None,
        )
        return f"{self.url}/videos/{blob}?{signature}"

    def asked(self, kind: str) -> list[dict[str, str]]:
        """The headers of every request of ours for a link, as Azurite logged them."""
        wanted = re.escape(urlsplit(self.links[kind]).path) + r"\S*"
        pattern = rf"RequestURL=https?://[^/]+{wanted} RequestHeaders:(\{{.*?\}}) ClientIP="
        logged = [json.loads(one) for one in re.findall(pattern, (self.folder / "debug.log").read_text(encoding="utf-8"))]
        return [one for one in logged if one.get("user-agent", "").startswith("probe/")]


class Service(BaseHTTPRequestHandler):
    """A self-hosted service: /status/KIND names the link in JSON, /download/KIND redirects to it; both want the key."""

    links: dict[str, str]

    def do_GET(self) -> None:
        place, _slash, kind = self.path.strip("/").partition("/")
        if self.headers.get("authorization") != f"Bearer {KEY}":
            self.answer(401, {"detail": "Not authenticated"})
        elif kind not in self.links or place not in ("status", "download"):
            self.answer(404, {"detail": "Not Found"})
        elif place == "download":
            self.answer(302, {"detail": "Found"}, self.links[kind])
        else:
            self.answer(200, {"job_id": kind, "status": "completed", "video_url": self.links[kind]})

    def answer(self, status: int, body: dict[str, str], location: str = "") -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing: pytest would show it."""


def tampered(link: str) -> str:
    """The link with one bit of its signature changed."""
    (written,) = re.findall(r"[?&]sig=([^&]+)", link)
    raw = base64.b64decode(unquote(written))
    return link.replace(written, quote(base64.b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode()))


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    command, folder = installed("PROBE_AZURITE", "azurite-blob"), tmp_path_factory.mktemp("azurite")
    made = Storage(free_port(), folder)
    write_certificate(folder)
    options = ["--blobPort", str(made.port), "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    options += ["--debug", str(folder / "debug.log"), "--cert", made.cacert, "--key", str(folder / "key.pem"), "--oauth", "basic"]
    with serving([command, *options], made.port, folder):
        with storage.BlobServiceClient(made.url, credential=ACCOUNT_KEY, connection_verify=made.cacert) as client:
            container = client.create_container("videos")
            for name in ("clip.mp4", *(f"{kind}.mp4" for kind in KINDS if kind != "missing")):
                container.upload_blob(name, CLIP)
        made.links = {kind: made.link(blob=f"{kind}.mp4") for kind in KINDS} | {
            "expired": made.link(blob="expired.mp4", ends=-HOUR),
            "early": made.link(blob="early.mp4", ends=2 * HOUR, starts=HOUR),
            "write-only": made.link(blob="write-only.mp4", permission="w"),
            "unsigned": f"{made.url}/videos/unsigned.mp4",
        }
        made.links["tampered"] = tampered(made.links["tampered"])
        handler = type("Bound", (Service,), {"links": made.links})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            made.service = f"http://127.0.0.1:{server.server_port}"
            yield made
            server.shutdown()


def write_certificate(folder: Path) -> None:
    """A certificate for loopback and for the name that a real storage account has: Azurite takes tokens over https only."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "azurite")])
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName(f"{ACCOUNT}.blob.core.windows.net")]
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - HOUR, now + 24 * HOUR)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, form, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, form, plain))


def scan(azurite: Storage, folder: Path, *more: str, **variables: str) -> Done:
    provider = [] if "--provider" in more else ["--provider", "generic"]
    options = ["--target", f"lab={azurite.service}", *provider, "--key-env", "LAB_KEY", "--cacert", azurite.cacert]
    return probe("scan", *options, *more, folder=folder, LAB_KEY=KEY, **variables)


def link_verdict(done: Done) -> dict[str, Any]:
    assert done.code in (0, 1, 3), done.out + done.err
    (found,) = [one for one in done.report["verdicts"] if one["purpose"] == "link"]
    return dict(found)


def content_of(done: Done) -> bytes:
    """Everything that the command said and wrote."""
    return (done.out + done.err).encode() + b"".join(path.read_bytes() for path in done.run.rglob("*") if path.is_file())


GUESS = """\
version: 1
updated: "2026-11-20"
endpoints:
  - id: azure.sora1.blob-guess
    artefact: sora1-video
    role: download
    request: GET https://{{account}}.{domain}/{{container}}/{{generation_id}}.mp4
    auth: [storage, none]
    sources: [{{at: "the shipped azure.sora1.blob-guess, at the port of this test", read: "2026-11-20"}}]
"""
WAYS = {"JSON": "job_id={}", "redirect": "generation_id={}"}
SPOILT = {
    "expired": ("expired", "blob-sas-expired"),
    "early": ("denied", "blob-sas-not-yet-valid"),
    "tampered": ("denied", "blob-signature-wrong"),
    "write-only": ("denied", "blob-permission-missing"),
    "missing": ("not_found", "blob-not-found"),
    "unsigned": ("denied", "blob-credential-missing"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_link_is_proved_through_its_signature(azurite: Storage, tmp_path: Path, way: str) -> None:
    done = scan(azurite, tmp_path, "--id", WAYS[way].format("good"))
    verdict = link_verdict(done)
    assert (verdict["outcome"], verdict["diagnosis"], verdict["status_code"]) == ("works", "link-proved", 206), done.out
    assert (done.report["answer"], done.code) == ("works", 0)
    best = done.report["working"][0]
    assert (best["sniffed_type"], best["size"]) == ("video/mp4", len(CLIP))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", SPOILT)
def test_each_spoilt_link_has_its_own_diagnosis(azurite: Storage, tmp_path: Path, kind: str, way: str) -> None:
    done = scan(azurite, tmp_path, "--id", WAYS[way].format(kind))
    verdict = link_verdict(done)
    assert (verdict["outcome"], verdict["diagnosis"]) == SPOILT[kind], (verdict, done.out)
    assert done.report["working"] == []
    assert done.code != 0


def test_no_credential_of_the_target_reaches_the_storage(azurite: Storage, tmp_path: Path) -> None:
    scan(azurite, tmp_path, "--id", "job_id=good", "--id", "generation_id=good")
    requests = azurite.asked("good")
    assert requests, "Azurite logged no request of ours: this test would prove nothing"
    for headers in requests:
        assert headers.keys() <= {"host", "accept", "accept-encoding", "user-agent", "range", "connection"}
        assert headers["range"] == "bytes=0-4095"
    assert KEY not in (azurite.folder / "debug.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["good", "expired", "tampered"])
def test_no_signature_reaches_a_file_or_the_terminal(azurite: Storage, tmp_path: Path, kind: str) -> None:
    formats = [option for name in ("markdown", "html", "json", "jsonl", "csv", "har", "junit") for option in ("-f", name)]
    done = scan(azurite, tmp_path, "--id", f"job_id={kind}", "--id", f"generation_id={kind}", "-v", "--bundle", *formats)
    (signature,) = parse_qs(urlsplit(azurite.links[kind]).query)["sig"]
    raw = base64.b64decode(signature + "==")
    forms = {signature, quote(signature), quote(signature, safe=""), quote(quote(signature, safe=""), safe=""), raw.hex(), KEY}
    content = content_of(done)
    assert [form for form in forms if form.encode() in content] == []
    assert b"REDACTED" in content


def token(**claims: Any) -> str:
    """An unsigned token with the claims that Azurite's basic check looks at."""
    now = int(datetime.now(UTC).timestamp())
    body = {
        "aud": "https://storage.azure.com",
        "iss": "https://sts.windows.net/tenant/",
        "iat": now,
        "nbf": now - 60,
        "exp": now + 600,
    }
    parts = [{"alg": "HS256", "typ": "JWT"}, body | claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlLW9mLW5vYm9keQ"])


def scan_with_token(azurite: Storage, folder: Path, bearer: str, *more: str) -> Done:
    resolve = f"{azurite.authority}:127.0.0.1"
    done = scan(azurite, folder, *more, "--storage-token-env", "STORAGE_TOKEN", "--resolve", resolve, STORAGE_TOKEN=bearer)
    content = content_of(done)
    assert [part for part in bearer.split(".")[1:] if part.encode() in content] == []
    return done


def test_a_plain_blob_link_is_asked_with_the_storage_token_and_no_other_credential(azurite: Storage, tmp_path: Path) -> None:
    azurite.links["plain"] = f"https://{azurite.authority}/videos/clip.mp4"
    verdict = link_verdict(scan_with_token(azurite, tmp_path, token(), "--id", "job_id=plain"))
    assert (verdict["outcome"], verdict["diagnosis"], verdict["auth"]) == ("works", "link-proved", "storage")
    assert azurite.asked("plain")
    assert KEY not in (azurite.folder / "debug.log").read_text(encoding="utf-8")


def test_a_token_for_another_audience_is_told_by_name(azurite: Storage, tmp_path: Path) -> None:
    azurite.links["plain"] = f"https://{azurite.authority}/videos/clip.mp4"
    bearer = token(aud="https://cognitiveservices.azure.com")
    verdict = link_verdict(scan_with_token(azurite, tmp_path, bearer, "--id", "job_id=plain"))
    assert (verdict["outcome"], verdict["diagnosis"]) == ("denied", "blob-audience"), verdict


def test_an_expired_token_is_not_taken_for_a_spoilt_signature(azurite: Storage, tmp_path: Path) -> None:
    azurite.links["plain"] = f"https://{azurite.authority}/videos/clip.mp4"
    verdict = link_verdict(scan_with_token(azurite, tmp_path, token(exp=1_600_000_000), "--id", "job_id=plain"))
    assert verdict["outcome"] == "denied"
    assert "token" in verdict["summary"], verdict
    assert verdict["diagnosis"] != "blob-signature-wrong"


@pytest.mark.parametrize(("blob", "expected"), [("clip", ("works", "download-proved")), ("none", ("not_found", "blob-not-found"))])
def test_the_guess_at_the_customers_own_storage_is_sent_with_its_token(
    azurite: Storage, tmp_path: Path, blob: str, expected: tuple[str, str]
) -> None:
    own = GUESS.format(domain=azurite.authority.removeprefix(f"{ACCOUNT}."))
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")
    ids = (f"account={ACCOUNT}", "container=videos", f"generation_id={blob}")
    more = ["--provider", "azure", "--catalogue", "default", "--catalogue", "own.yaml", "--only", "azure.sora1.blob-guess"]
    done = scan_with_token(azurite, tmp_path, token(), *more, *(option for one in ids for option in ("--id", one)))
    (verdict,) = [
        one for one in done.report["verdicts"] if one["endpoint"] == "azure.sora1.blob-guess" and one["purpose"] == "candidate"
    ]
    assert (verdict["outcome"], verdict["diagnosis"], verdict["auth"]) == (*expected, "storage"), (verdict, done.out)
