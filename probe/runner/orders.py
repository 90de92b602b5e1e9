"""From a probe to the request that goes out: raw URL, headers, and a credential only for the origin it was given for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from probe import __version__
from probe.facts.addresses import AddressClass
from probe.facts.hosts import BLOB_SUFFIXES
from probe.facts.outgoing import plain
from probe.facts.urls import origin
from probe.model import AuthForm, Control, Limits, Note, Pairs, Probe, Purpose, RawUrl, Role, Target
from probe.providers import auth_headers, credential_for
from probe.runner.memory import Memory
from probe.runner.networks import Networks
from probe.transport import WireRequest, refusal

_CREDENTIALS = frozenset({"authorization", "api-key", "cookie", "ocp-apim-subscription-key", "x-api-key", "x-goog-api-key"})
_SCHEMES = frozenset(
    {"about", "abfss", "blob", "data", "file", "ftp", "gs", "javascript", "mailto", "s3", "vbscript", "wasbs", "ws", "wss"}
)
"""Schemes that a report may name: any other could be a secret of the server's choice."""
_USUAL = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", f"probe/{__version__}"))
_OWN_NETWORK = frozenset({AddressClass.PRIVATE, AddressClass.LOOPBACK})


class NotSentError(Exception):
    """The probe must not or cannot be sent; `note` is the reason, for the report."""

    def __init__(self, code: str | Note, **values: str) -> None:
        self.note = Note(code, tuple(values.items())) if isinstance(code, str) else code
        super().__init__(self.note.code)


class Orders:
    """Builds requests. `target_headers` are raw extra headers by target name (`-H`)."""

    def __init__(
        self,
        *,
        targets: Mapping[str, Target[RawUrl]],
        secrets: Mapping[str, str],
        target_headers: Mapping[str, Pairs],
        memory: Memory,
        networks: Networks,
        limits: Limits,
        allow_billable: bool,
        failing_url: str | None = None,
        allow_post: Collection[str] = (),
    ) -> None:
        self._targets = targets
        self._secrets = secrets
        self._target_headers = target_headers
        self._memory = memory
        self._networks = networks
        self._ranged = (("Range", f"bytes=0-{limits.max_artefact - 1}"),)
        self._allow_billable = allow_billable
        self._failing_url = failing_url
        self._billed: set[tuple[str, str, bytes | None]] = set()
        self._allow_post = frozenset(allow_post)
        self._carried: dict[tuple[object, ...], Pairs] = {}
        self._origins = frozenset(origin(target.base_url) for target in targets.values())

    def build(self, probe: Probe[RawUrl], *, is_fresh: bool = False, is_unranged: bool = False) -> WireRequest:
        """Build the request of a probe; raises `NotSentError` with a reason that a user understands.

        What may go out is decided here, over the finished request, whatever the plan, a catalogue or a saved run said.
        """
        if probe.needs:
            raise NotSentError("id-not-known", names=", ".join(probe.needs))
        is_free = probe.method in ("GET", "HEAD") and not probe.billable
        is_harmless = probe.method == "POST" and not probe.billable and probe.post in self._allow_post
        if not is_free and not is_harmless and not (probe.billable and self._allow_billable):
            raise NotSentError("method-not-sent", method=probe.method)
        url = self._memory.url_of(probe)
        if url is None:
            raise NotSentError("link-secret-gone")
        target = self._targets[probe.target]
        own = self._own(probe, target, url)
        headers = (
            *_USUAL,
            *(self._ranged if not is_unranged and self.is_ranged(probe) else ()),
            *probe.headers,
            *own,
        )
        body = probe.body.encode() if probe.body is not None else None
        if body is not None and not any(name.lower() == "content-type" for name, _value in headers):
            headers += (("Content-Type", "application/json"),)
        is_typed = probe.purpose is Purpose.FAILING_URL and self._is_failing_url(url)
        order = WireRequest(
            probe.method,
            url,
            headers,
            body,
            None if is_typed or origin(url) in self._origins else self.allowed(target),
            granted=frozenset(plain(name) for name, _value in own),
            may_post=probe.billable or is_harmless,
            is_given=is_typed or probe.purpose is Purpose.LINK,
            is_fresh=is_fresh,
        )
        refused = refusal(order)
        if refused is not None:
            raise NotSentError(refused)
        if probe.billable and (probe.purpose is not Purpose.CANDIDATE or _bill(order) in self._billed):
            raise NotSentError("billed-once")
        return order

    def note_sent(self, order: WireRequest) -> None:
        """Remember a request that may be billed: the same one never goes out twice, in whatever auth form or under any name."""
        if order.method == "POST":
            self._billed.add(_bill(order))

    def note_unsent(self, order: WireRequest) -> None:
        """Forget a request that never reached the server."""
        self._billed.discard(_bill(order))

    def _is_failing_url(self, url: str) -> bool:
        """Whether this is the failing URL that the user typed; without one, the plan is believed."""
        return self._failing_url is None or origin(url) == origin(self._failing_url)

    def allowed(self, target: Target[RawUrl]) -> frozenset[AddressClass]:
        """Classes of address that a link of this target may lead to: public, and the target's own if that is a private network."""
        return frozenset({AddressClass.PUBLIC}) | (
            self._networks.of(target.name).classes_of(urlsplit(target.base_url).hostname or "") & _OWN_NETWORK
        )

    def refusal(self, url: str, found_at: str, target: Target[RawUrl]) -> Note | None:
        """Say why a link must not be followed, None if it may; what depends on DNS is checked when connecting."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            kind = self._networks.of(target.name).shown_class(url) if parts.port != 0 else None
        except ValueError:
            return Note("not-a-url")
        if parts.scheme not in ("http", "https"):
            return Note("scheme-not-followed", (("scheme", parts.scheme if parts.scheme in _SCHEMES else "?"),))
        if not host:
            return Note("no-host")
        if "@" in parts.netloc:
            return Note("user-info-in-url")
        if parts.scheme == "http" and found_at.startswith("https:"):
            return Note("downgrade-to-http")
        if kind is not None and origin(url) not in self._origins and kind not in self.allowed(target):
            return Note("address-not-followed", (("kind", kind.value),))
        return None

    def is_own(self, url: str, target: Target[RawUrl]) -> bool:
        """Whether a URL has the origin that the target's credentials were given for."""
        return origin(url) == origin(target.base_url)

    def _own(self, probe: Probe[RawUrl], target: Target[RawUrl], url: str) -> Pairs:
        """Extra headers and the credential, only at home: the same for every request of its kind to an origin."""
        key = (target.name, probe.auth, probe.control, origin(url))
        if key not in self._carried:
            self._carried[key] = self._carry(probe, target, url)
        return self._carried[key]

    def _carry(self, probe: Probe[RawUrl], target: Target[RawUrl], url: str) -> Pairs:
        parts = urlsplit(url)
        is_blob = parts.scheme == "https" and (parts.hostname or "").endswith(BLOB_SUFFIXES)
        headers = self._target_headers.get(target.name, ()) if self.is_own(url, target) else ()
        if probe.control in (Control.NO_CREDENTIAL, Control.DESCRIPTION):
            return tuple(pair for pair in headers if pair[0].lower() not in _CREDENTIALS)
        if probe.auth is AuthForm.NONE or not (is_blob if probe.auth is AuthForm.STORAGE else self.is_own(url, target)):
            return headers
        credential = credential_for(probe.auth, target)
        secret = self._secrets.get(credential.variable, "") if credential is not None else ""
        if credential is not None and not secret:
            raise NotSentError("credential-not-set", name=credential.variable)
        carried = auth_headers(probe.auth, secret)
        names = {name.lower() for name, _value in carried}
        return (*(pair for pair in headers if pair[0].lower() not in names), *carried)

    def is_ranged(self, probe: Probe[RawUrl]) -> bool:
        """Whether a Range of ours goes with a request; one of the catalogue comes first."""
        has_own = any(name.lower() == "range" for name, _value in probe.headers)
        return probe.method == "GET" and probe.role is Role.DOWNLOAD and not has_own


def _bill(order: WireRequest) -> tuple[str, str, bytes | None]:
    return order.method, order.url, order.body
