"""Evidence without names: hosts, resources, deployments, customers' ids and addresses become stable pseudonyms.

One pass collects what identifies somebody, a second replaces it in every text of the evidence, word by word. What support needs
stays: correlation ids, regions, api-versions, and the catalogue's own words (a target called `video` identifies nobody).
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from probe.anonymise import words
from probe.anonymise.words import KEPT_HEADERS, PUBLIC_HOST
from probe.frozen import Frozen, members, replace
from probe.model import (
    Capture,
    CredentialKind,
    Endpoint,
    Evidence,
    JsonValue,
    Limits,
    Note,
    Pairs,
    Probe,
    Report,
    Response,
    Source,
    Target,
    TlsFacts,
)

T = TypeVar("T")
_LIMITS = Note("anonymised")
_ID_LIKE = r"(?s)(?=.{0,200}[\d_-]).{8,}"


def anonymise_report(report: Report) -> tuple[Report, dict[str, str]]:
    """Give a report without names, judged as it was: by host names that its evidence no longer holds.

    Its evidence says what cannot be known. The mapping says what each pseudonym stands for, original -> pseudonym, in the order of
    appearance.
    """
    if _LIMITS in report.evidence.notes:
        return report, {}
    names = _Names(report.evidence)
    evidence = names.rewritten(report.evidence)
    evidence = replace(evidence, notes=(*evidence.notes, _LIMITS))
    judged = {name: names.rewritten(value, (Report, name)) for name, value in members(report).items() if name != "evidence"}
    return replace(report, evidence=evidence, **judged), names.mapping


class _Names:
    """All pseudonyms of one scan; the same original always gets the same."""

    def __init__(self, evidence: Evidence) -> None:
        self.mapping: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._phrases: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._segments: dict[str, str] = {}
        self._domains: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._hosts: Counter[tuple[str, str]] = Counter()
        self._cache: dict[str, str] = {}
        self._kept = {name.bogus for artefact in evidence.artefacts for name in artefact.ids}
        self._vocabulary = words.vocabulary_of(evidence)
        self._id = words.id_shape(evidence)
        self._addresses: set[str] = set()
        self._target_names: set[str] = set()
        self._collect(evidence)
        self._in_kept = words.any_of(self._given, r"(?<![A-Za-z0-9])({})(?![A-Za-z0-9])")
        self._in_paths = words.any_of(self._segments, r"(?<=[/=])({})(?!\w|[.-]\w)")
        names = {name: self._words[name.lower()] for name in self._labels if name.lower() in self._words and len(name) >= 5}
        self._parts = {
            part.lower(): pseudonym for name, pseudonym in names.items() for part in (name, self._first_part(name)) if part
        }
        self._in_words = words.any_of(self._parts, r"(?<![A-Za-z0-9])({})(?![A-Za-z0-9])")

    def _first_part(self, name: str) -> str:
        """`contoso-prod` -> `contoso`, if that can be told from a word that everybody uses."""
        first = re.split(r"[-_.\d]", name)[0].lower()
        return first if len(first) >= 6 and first not in self._vocabulary | words.COMMON else ""

    def _collect(self, evidence: Evidence) -> None:
        for target in evidence.targets:
            self._collect_text(target.base_url)
            self._name_target(target)
            self._collect_ids(target.ids)
            self._name_segments(urlsplit(target.base_url).path)
            for header, _value in target.headers:
                if not words.USUAL_HEADER.fullmatch(header):
                    self._name("x-header", header)
            for credential in target.credentials:
                self._name_variable(credential.variable, credential.kind)
        self._given = frozenset(name for name in self._words if len(name) >= 5)
        own = {words.host_in(target.base_url) for target in evidence.targets}
        self._collect_failing_url(evidence.failing_url or "", own)
        # the catalogue's own entries are public, a private one's hosts are found where they were asked
        for owner, name, text in words.texts(replace(evidence, endpoints=(), artefacts=())):
            if (owner, name) == (Response, "request_ids"):
                self._kept.add(text)
            elif (owner, name) not in words.KEPT_FIELDS:
                self._collect_text(text)
                for url in words.URL.findall(text):
                    if (host := words.host_in(url)) and host not in own and not PUBLIC_HOST.fullmatch(host):
                        self._name_segments(url.partition("://")[2].partition("/")[2].partition("?")[0].rstrip(".,;:)"))
        for host, _ in evidence.vantage.addresses:
            self._host(host)
        for value in words.values(evidence):
            if isinstance(value, Probe):
                self._collect_ids(value.ids)
            elif isinstance(value, Capture):
                self._collect_ids(((value.name, value.value),))
            elif isinstance(value, JsonValue):
                self._collect_value(value)
            elif isinstance(value, Response):
                self._collect_headers(value.headers)

    def _collect_headers(self, headers: Pairs) -> None:
        for name, text in headers:
            for machine in words.machines_of(text) if words.HOST_HEADER.fullmatch(name) else ():
                self._machine(machine)
            if KEPT_HEADERS.fullmatch(name):
                self._kept.add(text)
            elif name.lower() in words.NAMING_HEADERS:
                self._collect_ids(((words.NAMING_HEADERS[name.lower()], text),))

    def _collect_value(self, value: JsonValue) -> None:
        """Name ids, and models that are not a vendor's: on Azure the value of `model` is the deployment."""
        if re.search(r"(?:\.|_)(?:model|deployment|engine)$", value.path):
            if not words.is_model(value.value):
                self._collect_ids((("deployment", value.value),))
        elif re.search(r"(?:\.|_)id$|Id$", value.path) and not words.is_model(value.value) and re.fullmatch(_ID_LIKE, value.value):
            self._collect_ids((("id", value.value),))

    def _collect_text(self, text: str) -> None:
        for host in (*words.URL_HOST.findall(text), *words.VENDOR_NAME.findall(text)):
            self._host(host)
        for kind, name in words.PATH_NAME.findall(text):
            self._name({"resourcegroup": "group"}.get(kind.lower(), kind.lower()), name)
        for parts in words.TUNED_MODEL.findall(text):
            for part in filter(None, parts):
                self._name("model", part)
        for kind, name in words.named_in(text, self._id):  # `The API deployment 'contoso-sora' ...`, `node gpu-07 is down`
            self._machine(name, kind)
        for host in words.FULL_NAME.findall(text):
            self._host(host)
        for user in words.HOME.findall(text):
            self._name("person", user)
        self._kept.update(words.REQUEST_ID.findall(text))
        self._addresses.update(words.IPV4.findall(text))

    def _machine(self, name: str, kind: str = "host") -> None:
        if words.FULL_NAME.fullmatch(name):
            self._host(name)
        elif words.PIECE.fullmatch(name):
            self._name(kind, name)

    def _collect_failing_url(self, url: str, own: set[str]) -> None:
        """Name what the customer's URL holds beside the words of an API; on a target's own host a mistyped word is one too."""
        self._collect_text(url)
        known = self._vocabulary | words.COMMON
        path, _question, query = url.partition("://")[2].partition("/")[2].partition("?")
        segments = path.split("/")
        self._name_segments(
            "/".join(one for one in segments if words.host_in(url) not in own or not words.is_like(one.lower(), known))
        )
        for pair in query.split("&"):
            name, _equals, value = pair.partition("=")
            if name.lower() not in words.SIGNED_PARAMETERS:
                self._name_segments(value, "value")

    def _name_segments(self, path: str, kind: str = "path") -> None:
        """Name the segments of a path; what is a plain word is rewritten in paths alone, for it may mean anything elsewhere."""
        for segment in path.split("/"):
            is_id = self._id.fullmatch(segment) or words.GUID.fullmatch(segment) or segment == "REDACTED"
            if len(segment) < 3 or is_id or set(segment) & set("{}") or segment.lower() in self._vocabulary | words.COMMON:
                continue
            if not segment.isalpha() and not segment.isdecimal() and words.PIECE.fullmatch(segment):
                self._name(kind, segment)
            elif segment.lower() not in self._segments and segment.lower() not in self._words:
                self._segments[segment.lower()] = self.mapping[segment] = self._next(kind)

    def _name_variable(self, variable: str, kind: CredentialKind) -> None:
        """Rename a variable that the customer named, `CONTOSO_KEY` -> `KEY_1`; commands go on reading it."""
        if len(variable) >= 3 and not words.KNOWN_VARIABLE.fullmatch(variable) and variable.lower() not in self._words:
            self._add(variable, self._next("KEY" if kind is CredentialKind.KEY else "TOKEN").replace("-", "_"))

    def _collect_ids(self, ids: Pairs) -> None:
        for name, value in ids:
            is_known_shape = self._id.fullmatch(value) or words.GUID.fullmatch(value)
            if not is_known_shape and not set(value) & set("/?{}"):
                self._name(name.removesuffix("_id").replace("_", "-") or "id", value)

    def _name_target(self, target: Target[str]) -> None:
        """Call a target like its resource, unless another target is called so already."""
        if target.name.lower() in self._vocabulary or len(target.name) < 3:
            return
        host = self._words.get(words.host_in(target.base_url), "")
        resource = "" if host.startswith("host-") else host.partition(".")[0]
        pseudonym = self._words.get(target.name.lower()) or resource
        if not pseudonym or pseudonym in self._target_names:
            pseudonym = self._next("target")
        self._target_names.add(pseudonym)
        self._add(target.name, pseudonym)

    def _name(self, kind: str, original: str) -> None:
        """Give `original` the next pseudonym of its kind, unless it has one or is a word that everybody uses."""
        key = original.lower()
        if len(key) >= 3 and key not in self._vocabulary and key not in self._words and original not in self._kept:
            self._add(original, self._next(kind))

    def _add(self, original: str, pseudonym: str) -> None:
        if not words.PIECE.fullmatch(original):
            self._phrases[original] = pseudonym
        self._words[original.lower()] = self.mapping[original] = pseudonym

    def _next(self, kind: str) -> str:
        self._counts[kind] += 1
        return f"{kind}-{self._counts[kind]}"

    def _host(self, host: str) -> None:
        host = host.lower().rstrip(".")
        suffix = next((one for one in words.VENDOR_HOSTS if host.endswith("." + one)), None)
        is_public = host in self._vocabulary or (suffix is None and (PUBLIC_HOST.fullmatch(host) or host.endswith(".invalid")))
        if is_public or host in self._words or words.address_of(host) or not re.fullmatch(r"[\w.-]{3,253}", host):
            return
        if suffix is None:
            self._add(host, f"{self._next('host')}.invalid")
            self._domains.add(".".join(host.split(".")[-2:]))
            return
        label = host.removesuffix("." + suffix)
        if words.VENDOR_HOSTS[suffix] == "storage" and label.rpartition(".")[2] in words.STORAGE_PARTS:
            label = label.rpartition(".")[0]
        kind = words.VENDOR_HOSTS[suffix]
        if label not in self._labels:
            known = self._words.get(label, "")
            self._labels[label] = known if known.startswith(kind) else self._next(kind)
        self._hosts[label, kind] += 1
        count = self._hosts[label, kind]
        name = self._labels[label] if self._labels[label].startswith(kind) else self._next(kind)
        self._add(host, f"{name}{f'-{count}' if count > 1 else ''}.invalid")
        if label not in self._words and label not in self._vocabulary and len(label) >= 3:
            self._add(label, self._labels[label])

    def rewritten(self, value: T, field: tuple[Any, str] = (None, "")) -> T:
        """Rebuild a value of the model with every text rewritten."""
        if field in words.KEPT_FIELDS and field[0] is not Response:
            return value
        new: Any = value
        if isinstance(value, str):
            new = self._text_of(field, value) if type(value) is str else value
        elif isinstance(value, tuple):
            new = self._headers(value) if field[1] == "headers" else tuple(self.rewritten(item, field) for item in value)
        elif isinstance(value, Frozen) and not isinstance(value, Limits):
            kind = type(value)
            new = replace(
                cast("Any", value),
                **{name: self.rewritten(held, (kind, name)) for name, held in members(value).items()},
            )
        return cast("T", new)

    def _text_of(self, field: tuple[Any, str], text: str) -> str:
        if field in words.KEPT_FIELDS:
            return self._of_others(text)
        if field == (Evidence, "catalogue_source"):
            return re.sub(r"[^,;]*[\\/]", "", text)
        if field in ((TlsFacts, "issuer"), (TlsFacts, "subject")) and text and not words.PUBLIC_NAME.search(text):
            self._name("private-ca" if field[1] == "issuer" else "certificate", text)
            return "CN=" + self._words[text.lower()]
        if field[0] in (Endpoint, Source):
            return self._known_hosts(text)
        return self.text(text)

    def _headers(self, pairs: Pairs) -> Pairs:
        return tuple(
            (self._header_name(name), self._of_others(value) if KEPT_HEADERS.fullmatch(name) else self.text(value))
            for name, value in pairs
        )

    def _of_others(self, text: str) -> str:
        """Keep what support needs, such as a request id, but for the names that the user gave: a gateway may put one anywhere."""
        return self._in_kept.sub(lambda match: self._words[match[0].lower()], text)

    def _header_name(self, name: str) -> str:
        known = self._words.get(name.lower(), "")
        return known if known.startswith("x-header-") else self._without_labels(name)

    def _without_labels(self, text: str) -> str:
        """Replace names inside longer words: `x-contoso-trace`."""
        return self._in_words.sub(lambda match: self._parts[match[0].lower()], text)

    def _known_hosts(self, text: str) -> str:
        """Rewrite the catalogue only where a private catalogue names a customer's host."""
        return words.PIECE.sub(lambda match: self._words.get(match[0].lower(), match[0]) if "." in match[0] else match[0], text)

    def text(self, text: str) -> str:
        """Rewrite one text."""
        if text not in self._cache:
            new = self._in_paths.sub(lambda match: self._segments[match[0].lower()], text)
            for phrase, pseudonym in self._phrases.items():
                new = re.sub(re.escape(phrase), pseudonym, new, flags=re.IGNORECASE)
            self._cache[text] = self._without_labels(words.PIECE.sub(self._piece, new))
        return self._cache[text]

    def _piece(self, match: re.Match[str]) -> str:
        piece = match[0]
        if match["mail"]:
            self._name("person", piece)
            return self._words.get(piece.lower(), piece)
        if match["ip6"]:
            return self._address(piece)
        return self._word(piece) if match["word"] else piece

    def _word(self, word: str) -> str:
        key = word.lower()
        if word in self._kept and key not in self._given:
            return word
        if key not in self._words:
            prefixed = self._id.fullmatch(word)
            if prefixed:
                prefix = prefixed["prefix"] or prefixed["other"]
                self._counts[prefix] += 1
                self._add(word, f"{prefix}anon{self._counts[prefix]}")
            elif words.GUID.fullmatch(word):
                self._counts["guid"] += 1
                self._add(word, f"00000000-0000-4000-8000-{self._counts['guid']:012d}")
            elif words.IPV4.fullmatch(word):
                return self._address(word)
            elif "." in word:
                if key.endswith(tuple("." + one for one in (*words.VENDOR_HOSTS, *self._domains))):
                    self._host(word)
                return self._words.get(key) or ".".join(self._words.get(part.lower(), part) for part in word.split("."))
        return self._words.get(key, word)

    def _address(self, text: str) -> str:
        """Give an address of the same class: private ones stay private; loopback and the metadata service identify nobody."""
        address = words.address_of(text)
        if address is None or address.is_loopback or address.is_unspecified or text == "169.254.169.254":
            return text
        if text.lower() not in self._words:
            base, pseudonym = words.class_base(address), text
            while pseudonym == text or pseudonym in self._addresses:
                self._counts[base] += 1
                pseudonym = str(ipaddress.ip_address(base) + self._counts[base])
            self._add(text, pseudonym)
        return self._words[text.lower()]
