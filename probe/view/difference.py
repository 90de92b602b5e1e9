"""What changed between two judged runs: first the question that was asked, then the answers to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from probe.diagnoses import identity
from probe.facts.digests import digests
from probe.frozen import Frozen, replace
from probe.model import Diagnosis, Note, Observation, Pairs, Probe, Purpose, RedactedUrl, Report
from probe.view.words import own_options

Facts = tuple[str, ...]


class Side(Frozen):
    """One probe in one run: what was sent and what it came to; `status` is the code, the failure or "" where nothing was sent."""

    probe: Probe[RedactedUrl]
    status: str
    diagnosis: Diagnosis | None
    key_paths: Facts
    headers: Facts

    @property
    def outcome(self) -> str:
        """The outcome's word; "" where the probe was not judged."""
        return self.diagnosis.outcome.value if self.diagnosis else ""


class Changed(Frozen):
    """A probe that both runs sent and that came to something else; what came and what went is named, never its value."""

    key: str
    before: Side
    after: Side

    @property
    def key_paths(self) -> tuple[Facts, Facts]:
        """Key paths that came, and those that went."""
        return _came_and_went(self.before.key_paths, self.after.key_paths)

    @property
    def headers(self) -> tuple[Facts, Facts]:
        """Names of response headers that came, and those that went."""
        return _came_and_went(self.before.headers, self.after.headers)

    @property
    def is_verdict(self) -> bool:
        """Whether the verdict changed, and not only what the answer looked like."""
        return _judged(self.before) != _judged(self.after)


class Difference(Frozen):
    """All that differs. `asked` is what differs in the question: a difference of the question is never one of the service.

    `gone` and `new` are probes that only one of the runs sent; `findings` are identities (code, subject) that came and that went.
    """

    asked: tuple[Note, ...]
    changed: tuple[Changed, ...]
    gone: Facts
    new: Facts
    answers: tuple[str, str]
    findings: tuple[Facts, Facts]
    working: tuple[Facts, Facts]
    digests: tuple[Pairs, Pairs] = ((), ())

    @property
    def is_empty(self) -> bool:
        """Whether both runs say the same."""
        return (
            not (self.asked or self.changed or self.gone or self.new or any(self.findings)) and self.answers[0] == self.answers[1]
        )


def difference(before: Report, after: Report) -> Difference:
    """Compare two reports. A single target is compared with a single one whatever their names, so two resources can be compared."""
    one, other = _sides(before), _sides(after)
    if _is_renamed(before, after):
        one, other = ({key.partition("/")[2]: side for key, side in sides.items()} for sides in (one, other))
    both = [key for key in one if key in other]
    changed = [Changed(key, one[key], other[key]) for key in both if _shown(one[key]) != _shown(other[key])]
    found = [_findings(report, is_here=_places(before) == _places(after)) for report in (before, after)]
    return Difference(
        asked=tuple(_asked(before, after, [(one[key].probe, other[key].probe) for key in both])),
        changed=tuple(sorted(changed, key=lambda change: (not change.is_verdict, change.key))),
        gone=tuple(sorted(one.keys() - other.keys())),
        new=tuple(sorted(other.keys() - one.keys())),
        answers=(before.answer.value, after.answer.value),
        findings=(tuple(sorted(found[1] - found[0])), tuple(sorted(found[0] - found[1]))),
        working=(before.working, after.working),
        digests=(digests(before.evidence), digests(after.evidence)),
    )


def of_target(report: Report, name: str) -> Report:
    """The part of a report that is about one of its targets; `answer` stays that of the whole scan."""
    evidence = report.evidence
    probes = tuple(one for one in evidence.probes if one.target == name)
    ids = {one.id for one in probes}
    return replace(
        report,
        evidence=replace(evidence, targets=tuple(one for one in evidence.targets if one.name == name), probes=probes,
                         observations=tuple(one for one in evidence.observations if one.probe_id in ids)),
        verdicts=tuple(one for one in report.verdicts if one.probe_id in ids),
        working=tuple(one for one in report.working if one in ids),
    )  # fmt: skip


def _sides(report: Report) -> dict[str, Side]:
    """Each probe of a run that was sent, by its id; controls are evidence for verdicts and are not compared by themselves."""
    seen = {one.probe_id: one for one in report.evidence.observations}
    diagnoses = {one.probe_id: one.diagnosis for one in report.verdicts}
    return {
        probe.id: _side(probe, seen[probe.id], diagnoses)
        for probe in report.evidence.probes
        if probe.purpose is not Purpose.CONTROL and probe.id in seen and seen[probe.id].exchanges
    }


def _side(probe: Probe[RedactedUrl], observation: Observation, diagnoses: Mapping[str, Diagnosis]) -> Side:
    response, last = observation.response, observation.last
    status = str(response.status_code) if response else (last.failure or "") if last else ""
    return Side(
        probe=probe,
        status=status,
        diagnosis=diagnoses.get(probe.id),
        key_paths=tuple(sorted({f"{one.path} ({one.type})" for one in response.json_paths})) if response else (),
        headers=tuple(sorted({name.lower() for name, _value in response.headers})) if response else (),
    )


def _judged(side: Side) -> tuple[object, ...]:
    return side.status, side.outcome, side.diagnosis.code if side.diagnosis else ""


def _shown(side: Side) -> tuple[object, ...]:
    return *_judged(side), side.key_paths, side.headers


def _came_and_went(before: Facts, after: Facts) -> tuple[Facts, Facts]:
    return tuple(one for one in after if one not in set(before)), tuple(one for one in before if one not in set(after))


def _findings(report: Report, *, is_here: bool) -> set[str]:
    """The identities of a report's findings; where one other place is compared, without the name of the place."""
    names = () if is_here else ("target", "host")
    return {identity(replace(one, values=tuple(pair for pair in one.values if pair[0] not in names))) for one in report.findings}


def _places(report: Report) -> tuple[tuple[str, str], ...] | None:
    """Where a run was sent; None for several targets, which keep their names apart."""
    found = tuple((target.name, target.base_url) for target in report.evidence.targets)
    return found if len(found) == 1 else None


def _is_renamed(before: Report, after: Report) -> bool:
    names = [[target.name for target in report.evidence.targets] for report in (before, after)]
    return names[0] != names[1] and len(names[0]) == len(names[1]) == 1


def _asked(before: Report, after: Report, pairs: Iterable[tuple[Probe[RedactedUrl], Probe[RedactedUrl]]]) -> Iterable[Note]:
    """Tell what differs in the question: catalogue, targets, ids, limits, requests."""
    one, other = before.evidence, after.evidence
    named: tuple[tuple[str, str, str], ...] = (
        ("diff-catalogue", _catalogue(before), _catalogue(after)),
        ("diff-targets", _joined(target.base_url for target in one.targets), _joined(each.base_url for each in other.targets)),
        ("diff-ids", _ids(target.ids for target in one.targets), _ids(target.ids for target in other.targets)),
        ("diff-credentials", _credentials(before), _credentials(after)),
        ("diff-limits", _limits(before, after), _limits(after, before)),
        ("diff-failing-url", one.failing_url or "-", other.failing_url or "-"),
    )
    told = [Note(code, (("before", first), ("after", second))) for code, first, second in named if first != second]
    differing = [first.id for first, second in pairs if _request(first) != _request(second)]
    if differing:
        told.append(Note("diff-requests", (("count", str(len(differing))), ("probes", _joined(sorted(differing)[:5])))))
    plans = [dict(digests(each))["planned"][:12] for each in (one, other)]
    if plans[0] != plans[1] and not told:  # nothing above says how
        told.append(Note("diff-plan", (("before", plans[0]), ("after", plans[1]))))
    return told


def _request(probe: Probe[RedactedUrl]) -> tuple[object, ...]:
    """What was sent, without the host: that two targets differ is said once."""
    parts = urlsplit(probe.url)
    return probe.method, parts.path, parts.query, probe.auth, probe.headers, probe.body


def _catalogue(report: Report) -> str:
    return f"{report.evidence.catalogue_updated} {report.evidence.catalogue_sha256[:12]}"


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts) or "-"


def _ids(given: Iterable[Pairs]) -> str:
    return _joined(f"{name}={value}" for pairs in given for name, value in pairs)


def _credentials(report: Report) -> str:
    return _joined(one.variable for target in report.evidence.targets for one in target.credentials)


def _limits(report: Report, than: Report) -> str:
    """The limits in which one run differs from the other."""
    one, other = report.evidence.limits, than.evidence.limits
    names = [name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)]
    own = [pair for pair in own_options(report.evidence) if pair not in own_options(than.evidence)]
    return _joined([*(f"{name}={getattr(one, name)}" for name in names), *(f"{name}: {text}" for name, text in own)])
