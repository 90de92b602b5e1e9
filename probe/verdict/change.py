"""The smallest change that turns the customer's failing URL into a request that works."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from urllib.parse import parse_qsl, unquote, urlsplit

from probe.model import AuthForm, Change, Note
from probe.verdict.case import HEADERS, Case, ScanFacts
from probe.verdict.cases import imagined
from probe.verdict.ranking import rank
from probe.verdict.routes import DOUBLED, SINGLE


def smallest_change(failing: Case | None, working: Sequence[Case], scan: ScanFacts) -> Change | None:
    """Compare the failing URL with every working request; the fewest differences win, of the same artefact before another.

    A URL at a host that is not a target was not sent, but is compared all the same.
    """
    if failing is None and scan.evidence.failing_url and working:
        failing = imagined(scan.evidence.failing_url, working[0], scan.evidence.surfaces)
    if failing is None or not working or any(case is failing for case in working):
        return None
    best = min(working, key=lambda case: (_is_other_artefact(failing, case), len(differences(failing, case)), rank(case)))
    found = differences(failing, best)
    return Change(scan.evidence.failing_url or failing.probe.url, best.probe.url, found) if found else None


def _is_other_artefact(failing: Case, case: Case) -> bool:
    """Whether a working route is for something else: another kind, or ids that the failing URL does not hold."""
    if failing.artefact is not None and case.artefact is not None:
        return failing.artefact.name != case.artefact.name
    return not set(failing.ids) & set(case.ids)


def differences(failing: Case, right: Case) -> tuple[Note, ...]:
    """What must change, in the order of a URL: host, path, ids, query, then the header."""
    one, other = urlsplit(failing.probe.url), urlsplit(right.probe.url)
    found = []
    if (one.scheme, one.netloc) != (other.scheme, other.netloc):
        is_host = one.netloc != other.netloc
        found.append(_change("host", one.netloc, other.netloc) if is_host else _change("scheme", one.scheme, other.scheme))
    found += _paths(one.path, other.path, _ids(failing), _ids(right))
    found += _queries(dict(parse_qsl(one.query)), dict(parse_qsl(other.query)))
    if failing.probe.method != right.probe.method:
        found.append(_change("method", failing.probe.method, right.probe.method))
    if failing.probe.auth is not right.probe.auth and AuthForm.NONE not in (failing.probe.auth, right.probe.auth):
        found.append(_change("auth", HEADERS[failing.probe.auth], HEADERS[right.probe.auth]))
    return tuple(found)


def _change(part: str, a: str, b: str) -> Note:
    return Note(f"change-{part}", (("a", a), ("b", b)))


def _ids(case: Case) -> frozenset[str]:
    return frozenset(case.ids)


def _paths(one: str, other: str, ids: frozenset[str], right_ids: frozenset[str]) -> list[Note]:
    """Differences of two paths by segments; a doubled prefix is named as such, an id as an id."""
    found = []
    if doubled := DOUBLED.search(one):
        found.append(Note("change-prefix", (("part", doubled.group(0)),)))
        one = one[: doubled.start()] + SINGLE.get(doubled.group(0), "/openai/v1") + one[doubled.end() :]
    a, b = ([unquote(part) for part in path.strip("/").split("/") if part] for path in (one, other))
    a_plain = ["{id}" if part in ids else part for part in a]
    b_plain = ["{id}" if part in right_ids else part for part in b]
    for tag, a_from, a_to, b_from, b_to in SequenceMatcher(None, a_plain, b_plain, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs = zip(a[a_from:a_to], b[b_from:b_to], strict=True)
            found += [_change("id", left, right) for left, right in pairs if left != right]
        else:
            found.append(_segments(tag, a, b, (a_from, a_to, b_from, b_to)))
    if not found and one != other and a:  # a slash at the end, or two where one belongs
        is_end = one.rstrip("/") == other.rstrip("/")
        found.append(_change("path", *(f"/{a[-1]}" + "/" * path.endswith("/") if is_end else path for path in (one, other))))
    return found


def _segments(tag: str, a: list[str], b: list[str], at: tuple[int, int, int, int]) -> Note:
    """One change of segments. What is put in or taken out is shown with its neighbour: `/content -> /content/video`."""
    a_from, a_to, b_from, b_to = at
    is_move = tag in ("insert", "delete")
    lead = [a[a_from - 1]] if is_move and a_from > 0 else []
    tail = a[a_to : a_to + 1] if is_move and not lead else []
    old, new = "/" + "/".join([*lead, *a[a_from:a_to], *tail]), "/" + "/".join([*lead, *b[b_from:b_to], *tail])
    return _change("path", old, new)


def _queries(one: dict[str, str], other: dict[str, str]) -> list[Note]:
    """Differences of two queries; the api-version first."""
    found = []
    for name in sorted(one.keys() | other.keys(), key=lambda name: (name != "api-version", name)):
        a, b = one.get(name), other.get(name)
        if a is None and b is not None:
            found.append(Note("change-query-added", (("name", name), ("absent", "absent-here"), ("b", b))))
        elif b is None and a is not None:
            found.append(Note("change-query-dropped", (("name", name), ("a", a), ("absent", "absent-there"))))
        elif a is not None and b is not None and a != b:
            found.append(Note("change-query", (("name", name), ("a", a), ("b", b))))
    return found
