"""Rules over several keys of one record; each notes what is wrong at the key at fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from probe.catalogue.versions import DATED, WORDS, order
from probe.facts import outgoing
from probe.model import Role, Standing
from probe.providers import PROVIDERS
from probe.redact.shapes import SECRET_HEADER

if TYPE_CHECKING:
    from probe.catalogue.kinds import Entry

ONE_OF_THE_PROVIDERS = "|".join(PROVIDERS)
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SET_BY_PROBE = outgoing.FRAMING | {"range", "accept-encoding"}
_QUERY_CREDENTIALS = outgoing.QUERY_CREDENTIALS | {"token", "sig", "code"}


def is_credential(where: str, name: str) -> bool:
    """Whether a header or a query parameter of this name says on whose account a request is."""
    plain = outgoing.plain(name)
    if where == "query":
        return plain in _QUERY_CREDENTIALS
    return plain in outgoing.CREDENTIALS or bool(SECRET_HEADER.search(plain))


def version_is_published_or_wrong(entry: Entry) -> None:
    """A version was published and has a stage, or never was one."""
    given = [key for key in ("stage", "wrong") if entry.node.get(key)]
    if len(given) != 1:
        entry.wrong(given[1:], "has both 'stage' and 'wrong'" if given else "needs either 'stage' or 'wrong'")


def version_is_real(entry: Entry) -> None:
    """A published version is one of the words or a real date."""
    value = entry.values.get("value")
    if value and "wrong" not in entry.values and value not in WORDS and order(value) is None:
        text = (
            "is not a real date"
            if re.fullmatch(DATED, value)
            else f"is neither a date such as 2024-10-21 nor one of {', '.join(WORDS)}"
        )
        entry.wrong(["value"], f"{value!r} {text}", "a wrong value says so with 'wrong'")


def bogus_id_has_its_prefix(entry: Entry) -> None:
    """A bogus id without the right prefix would be refused for the wrong reason."""
    prefixes, bogus = entry.values.get("prefixes", ()), entry.values.get("bogus")
    if prefixes and bogus and not bogus.startswith(prefixes):
        entry.wrong(["bogus"], f"{bogus!r} must begin with {' or '.join(map(repr, prefixes))}")


def state_word_has_one_meaning(entry: Entry) -> None:
    """A status word decides, so it cannot stand in two lists."""
    seen: dict[str, str] = {}
    for name, words in entry.values.items():
        for at, word in enumerate(words):
            first = seen.setdefault(word.lower(), name)
            if first != name:
                entry.wrong([name, str(at)], f"{word!r} is also in {first!r}")


def range_has_ends(entry: Entry) -> None:
    """A range has at least one end; both are real dates, in order."""
    ends = {key: entry.values[key] for key in ("since", "until") if key in entry.values}
    if not ends and not entry.node.get("since") and not entry.node.get("until"):
        entry.wrong([], "needs 'since' or 'until'")
    at = {key: order(value) for key, value in ends.items()}
    for key, value in ends.items():
        if at[key] is None:
            entry.wrong([key], f"{value!r} is not a dated api-version")
    since, until = at.get("since"), at.get("until")
    if since and until and since > until:
        entry.wrong(["until"], f"{ends['until']!r} is before 'since'")


def id_names_its_provider(entry: Entry) -> None:
    """`azure.sora1.job`: whoever reads an id in a report knows whose API it is."""
    first = entry.values.get("id", "").partition(".")[0]
    if first and first not in PROVIDERS:
        form = f"begin it with azure, openai or generic: generic.{first}.<what>"
        near = entry.file.problems.near(first, PROVIDERS, or_list=False)
        entry.wrong(["id"], f"unknown provider {first!r}", near or form)


def only_post_has_a_body(entry: Entry) -> None:
    """Gateways refuse or drop the body of a GET."""
    method = entry.values.get("request", ("",))[0]
    if method in ("GET", "HEAD") and entry.node.get("body"):
        entry.wrong(["body"], f"a {method} has no body")


def post_says_why_it_is_one(entry: Entry) -> None:
    """Only GET and HEAD are sent without leave, so a POST must say which leave it needs."""
    method, creates = entry.values.get("request", ("",))[0], entry.values.get("role") is Role.CREATE
    is_bill = bool(entry.values.get("billable")) or creates
    if method == "POST" and not is_bill and not entry.node.get("post"):
        hint = "where it creates nothing, `post: reads` or `post: credentials` says so"
        entry.wrong(["request"], "a POST must have role 'create', be billable, or say why it is a POST", hint)
    elif method in ("GET", "HEAD") and entry.node.get("post"):
        entry.wrong(["post"], f"this is a {method}")
    elif is_bill and entry.node.get("post"):
        entry.wrong(["post"], "a POST that creates something or may be billed needs --allow-billable, not this")


def billable_says_its_cost(entry: Entry) -> None:
    """Who allows a billable request must know for what."""
    if entry.values.get("billable") and not entry.node.get("cost"):
        entry.wrong(["billable"], "billable, but 'cost' does not say for what")


def refuted_says_what_is_right(entry: Entry) -> None:
    """A wrong guess is in the catalogue to teach the right one."""
    refuted = entry.values.get("standing") is Standing.REFUTED
    if refuted and not (entry.node.get("instead") or entry.node.get("notes")):
        entry.wrong(["standing"], "refuted, but neither 'instead' nor 'notes' says what is right")


def headers_hold_no_credential(entry: Entry) -> None:
    """Credentials come from the environment; framing headers are the transport's."""
    for name in entry.values.get("headers", ()):
        plain = outgoing.plain(name)
        if is_credential("header", name):
            entry.wrong(["headers", name], "a catalogue must not contain a credential", "credentials come from the environment")
        elif plain in _SET_BY_PROBE:
            entry.wrong(["headers", name], "this header is set by probe itself")
        elif outgoing.is_override(name):
            entry.wrong(["headers", name], "this header makes another request of this one; name method and path in 'request'")
        elif outgoing.is_identity(name):
            entry.wrong(["headers", name], "this header says who asks; only a gateway writes it")
    for name in entry.values.get("query", ()):
        if is_credential("query", name):
            entry.wrong(["query", name], "a catalogue must not contain a credential", "credentials come from the environment")
        elif outgoing.plain(name) in outgoing.QUERY_OVERRIDES:
            entry.wrong(["query", name], "this parameter makes another method of a GET; name the method in 'request'")


def query_holds_no_api_version(entry: Entry) -> None:
    """The version is a dimension of the scan."""
    for name in entry.values.get("query", ()):
        if name.lower() == "api-version":
            entry.wrong(["query", name], "write it under 'api_versions'")


def own_ids_are_not_captured(entry: Entry) -> None:
    """A circular capture: an id that the request itself needs cannot first come from its answer.

    Longer circles are legitimate and frequent (a job names its generations, a generation its job): the user may hold either id,
    and the plan starts from the one that is known.
    """
    needed = {name for _, name in placeholders(entry)}
    for name in entry.values.get("captures", ()):
        if name in needed:
            entry.wrong(["captures", name], f"circular capture: the request itself needs {{{name}}}")


def placeholders(entry: Entry) -> Iterator[tuple[tuple[str, ...], str]]:
    """The keys of an endpoint's entry where a `{name}` stands, and the name."""
    yield from ((("request",), name) for name in PLACEHOLDER.findall(entry.values.get("request", ("", ""))[1]))
    yield from ((("body",), name) for name in PLACEHOLDER.findall(entry.values.get("body", "")))
    for keys in ("query", "headers"):
        for key, text in entry.values.get(keys, {}).items():
            yield from (((keys, key), name) for name in PLACEHOLDER.findall(text))
