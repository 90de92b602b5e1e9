"""The answer of the whole scan: works, none or undecided, what says it best, what to do next and what to ask the vendor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from probe.diagnoses import DIAGNOSES, Owner
from probe.facts.answerers import VENDORS
from probe.model import Answer, Confidence, Diagnosis, Note, Outcome, Purpose, Report, Role, Standing, Verdict
from probe.verdict.answered import is_head, is_past_router
from probe.verdict.case import Case, ScanFacts
from probe.verdict.change import smallest_change
from probe.verdict.findings import findings
from probe.verdict.proof import is_by_product
from probe.verdict.ranking import rank, reason
from probe.verdict.subjects import subjects

UNDECIDED = frozenset(
    {
        Outcome.DENIED,
        Outcome.THROTTLED,
        Outcome.SERVER_ERROR,
        Outcome.UNREACHABLE,
        Outcome.PENDING,
        Outcome.LINK,
        Outcome.INCONCLUSIVE,
        Outcome.PROBE_BUG,
    }
)
"""Outcomes after which a route may still turn out to work."""
_UNASKED = (Outcome.NEEDS_INPUT, Outcome.METADATA_ONLY, Outcome.SKIPPED)
"""Outcomes that say nothing about the download itself."""
_URGENT = (
    Outcome.PENDING,
    Outcome.RETIRED,
    Outcome.EXPIRED,
    Outcome.DENIED,
    Outcome.THROTTLED,
    Outcome.UNREACHABLE,
    Outcome.SERVER_ERROR,
    Outcome.LINK,
    Outcome.INCONCLUSIVE,
    Outcome.NOT_FOUND,
    Outcome.NEEDS_INPUT,
    Outcome.PROBE_BUG,
    Outcome.METADATA_ONLY,
    Outcome.SKIPPED,
    Outcome.WORKS,
)
_NO_FILE = (
    "job-moderated",
    "job-failed",
    "job-cancelled",
    "job-empty",
    "sandbox-path-only",
    "cites-input-only",
    "no-file-produced",
)
"""Diagnoses of a finished answer that rule its artefact out."""
_TELLING = (
    "sandbox-path-only",
    "cites-input-only",
    "no-file-produced",
    "job-moderated",
    "job-failed",
    "job-cancelled",
    "job-empty",
    "id-mistyped",
    "id-of-other-family",
    "id-of-other-base",
    "doubled-openai",
    "missing-openai",
    "wrong-host",
)
"""Diagnoses of one thing that explain every other failure of the same artefact."""


def conclude(scan: ScanFacts, verdicts: Sequence[Verdict]) -> Report:
    """Make the report of a judged scan."""
    diagnoses = {one.probe_id: one.diagnosis for one in verdicts}
    judged = scan.real
    working = proofs(judged, diagnoses)
    groups = subjects(scan, judged)
    answer, telling = decide_all(groups, diagnoses) if len(groups) > 1 else decide(judged, diagnoses)
    unnamed = _unnamed(scan, telling, diagnoses)
    failing = next((case for case in judged if case.probe.purpose is Purpose.FAILING_URL), None)
    asked = [failing] if failing is not None and _decides(failing, diagnoses) and failing not in telling else []
    main = working[0] if working else _most_telling(unnamed or [*telling, *asked], diagnoses)
    decisive = [_most_telling(decide(group, diagnoses)[1], diagnoses) for group in groups] if len(groups) > 1 else [main]
    is_several = len([case for case in decisive if case is not None]) > 1 and not unnamed
    return Report(
        evidence=scan.evidence,
        verdicts=tuple(verdicts),
        answer=answer,
        headline=_unnamed_headline(main, diagnoses)
        if unnamed
        else _several(decisive, diagnoses)
        if is_several
        else _headline(answer, main, diagnoses, scan),
        next_step=_next_step(main, diagnoses, is_unnamed=bool(unnamed)),
        working=tuple(case.probe.id for case in working),
        findings=findings(scan, diagnoses),
        generated_at=scan.now,
        smallest_change=smallest_change(failing, working, scan),
        failing_url_probe=failing.probe.id if failing else None,
        ranking=tuple((case.probe.id, reason(case)) for case in working),
        asks=_asks(answer, main, diagnoses, next((one.owner for one in verdicts if main and one.probe_id == main.probe.id), None)),
        main=main.probe.id if main else None,
        decisive=tuple(case.probe.id for case in decisive if case is not None),
    )


def decide_all(groups: Sequence[Sequence[Case]], diagnoses: Mapping[str, Diagnosis]) -> tuple[Answer, Sequence[Case]]:
    """Give the answer for several things: one that works makes it `works`, one that is open leaves it open."""
    decided = [decide(group, diagnoses) for group in groups]
    for answer in (Answer.WORKS, Answer.UNDECIDED):
        if found := [case for one, cases in decided if one is answer for case in cases]:
            return answer, found
    return Answer.NONE, [case for _answer, cases in decided for case in cases]


def _several(decisive: Sequence[Case | None], diagnoses: Mapping[str, Diagnosis]) -> Note:
    """Several things get no single headline: the number that work, then each by itself."""
    found = [diagnoses[case.probe.id].outcome for case in decisive if case is not None]
    return Note("headline-several", (("good", str(found.count(Outcome.WORKS))), ("count", str(len(found)))))


def decide(judged: Sequence[Case], diagnoses: Mapping[str, Diagnosis]) -> tuple[Answer, Sequence[Case]]:
    """Give the answer and the probes that it rests on.

    `works` needs one proof; `none` needs every candidate judged and nothing left that could still work. A diagnosis that rules the
    artefact out (job failed, expired, retired) counts for its whole kind at its target: what its other routes answer cannot change
    it. HEAD and inconclusive lists never keep an answer open; what was not sent does, also where only a guessed list was refused.
    """
    if working := proofs(judged, diagnoses):
        return Answer.WORKS, working
    ruled_out = {_kind(case) for case in judged if _rules_out(diagnoses[case.probe.id])}
    refused = {_kind(case) for case in judged if diagnoses[case.probe.id].outcome not in _UNASKED and not _is_guessed_list(case)}
    open_ones = [case for case in judged if _is_open(case, diagnoses[case.probe.id]) and _kind(case) not in ruled_out]
    unasked = [case for case in judged if diagnoses[case.probe.id].outcome is Outcome.NEEDS_INPUT and _kind(case) not in refused]
    if open_ones or unasked or not refused:
        return Answer.UNDECIDED, open_ones or unasked or judged
    return Answer.NONE, judged


def proofs(judged: Sequence[Case], diagnoses: Mapping[str, Diagnosis]) -> list[Case]:
    """The working requests, best first. A thumbnail counts only where nothing else of its kind was asked for."""
    asked = {_kind(case) for case in judged if case.probe.role is Role.DOWNLOAD and not is_head(case) and not is_by_product(case)}
    working = sorted((case for case in judged if diagnoses[case.probe.id].outcome is Outcome.WORKS), key=rank)
    return working if any(not is_by_product(case) or _kind(case) not in asked for case in working) else []


def _kind(case: Case) -> tuple[str, str]:
    return (case.target.name, case.artefact.name if case.artefact else case.probe.id)


def _is_guessed_list(case: Case) -> bool:
    """Whether this is an undocumented listing: a service without it may still deliver what it would have named."""
    return case.probe.role is Role.LIST and case.endpoint is not None and case.endpoint.standing is not Standing.DOCUMENTED


def _rules_out(found: Diagnosis) -> bool:
    """Whether a diagnosis rules out the artefact itself, not only one route to it."""
    is_gone = found.outcome in (Outcome.EXPIRED, Outcome.RETIRED) and not found.code.startswith("blob-")
    return is_gone or found.code in (*_NO_FILE, "purpose-not-downloadable")


def _is_open(case: Case, found: Diagnosis) -> bool:
    """Whether this probe leaves open that the artefact can be downloaded."""
    if is_head(case) or found.outcome not in UNDECIDED:
        return found.code == "not-sent"
    if case.probe.role is Role.LIST and case.probe.purpose is not Purpose.LINK:
        return found.outcome in (Outcome.DENIED, Outcome.THROTTLED, Outcome.SERVER_ERROR, Outcome.UNREACHABLE, Outcome.PROBE_BUG)
    return not (found.outcome is Outcome.LINK and case.scan.has_links(case))


def _most_telling(judged: Sequence[Case], diagnoses: Mapping[str, Diagnosis]) -> Case | None:
    """The probe whose diagnosis explains most: a fact about the artefact, else the usual cause of the most urgent outcome."""
    counted = Counter(diagnoses[case.probe.id].code for case in judged)
    understood = {
        _kind(case) for case in judged if case.endpoint and case.endpoint.standing is not Standing.REFUTED and is_past_router(case)
    }
    sure = {"high": 0, "medium": 1, "low": 2}
    failing = next((case for case in judged if case.probe.purpose is Purpose.FAILING_URL and _decides(case, diagnoses)), None)
    has_many_targets = len({case.target.name for case in judged}) > 1
    has_things = any(case.ids and case.response is not None and not is_head(case) for case in judged)

    def is_asked_for(case: Case) -> bool:
        """Whether this is what the user asked about: the failing URL, or what is known of its very artefact."""
        if failing is None or case is failing:
            return True
        is_about_it = _kind(case) == _kind(failing) or bool(set(case.ids) & set(failing.ids))
        return is_about_it and diagnoses[case.probe.id].outcome in (Outcome.PENDING, Outcome.EXPIRED, Outcome.RETIRED)

    def weight(case: Case) -> tuple[object, ...]:
        found = diagnoses[case.probe.id]
        is_guess = case.endpoint is not None and case.endpoint.standing is Standing.REFUTED
        is_told_there = found.code == "id-of-other-base" and has_many_targets  # the other base's own answer says more
        is_telling = found.code in _TELLING and not (is_guess and _kind(case) in understood) and not is_told_there
        is_plain = found.code.endswith("route-unknown") or found.code == "not-found-unclear"
        return (
            not is_telling,
            not is_asked_for(case),
            has_things and case.probe.role is Role.LIST and not case.ids,
            _URGENT.index(found.outcome),
            is_guess,
            is_plain,
            case.response is None,
            case.probe.role is Role.LIST or is_by_product(case),
            -counted[found.code],
            sure[found.confidence.value],
            rank(case),
        )

    worth = [case for case in judged if not is_head(case) and not _has_better_word(case, diagnoses)]
    return min(worth, key=weight, default=None)


def _decides(case: Case, diagnoses: Mapping[str, Diagnosis]) -> bool:
    """Whether the verdict of the customer's own request says what became of it."""
    found = diagnoses[case.probe.id]
    is_open = found.outcome in (*_UNASKED, Outcome.LINK, Outcome.INCONCLUSIVE, Outcome.PROBE_BUG, Outcome.WORKS)
    return not is_open and found.confidence is not Confidence.LOW


def _has_better_word(case: Case, diagnoses: Mapping[str, Diagnosis]) -> bool:
    """Whether the links of this answer were followed, so that their verdicts say more."""
    return diagnoses[case.probe.id].outcome is Outcome.LINK and case.scan.has_links(case)


def _headline(answer: Answer, main: Case | None, diagnoses: Mapping[str, Diagnosis], scan: ScanFacts) -> Note:
    """What frames the summary of the decisive diagnosis."""
    if main is None:
        return Note("headline-nothing-sent")
    if answer is Answer.WORKS:
        version = f"?api-version={main.probe.api_version}" if main.probe.api_version else ""
        values = (("method", main.probe.method), ("route", main.path + version), ("target", main.called))
        return Note("headline-works", values)
    if answer is Answer.NONE:
        return Note("headline-none")
    if scan.evidence.is_interrupted:
        return Note("headline-interrupted")
    found = diagnoses[main.probe.id]
    return Note(
        "headline-not-the-api"
        if found.code == "html-instead-of-json" and found.variant != "gateway"
        else _FRAMES.get(found.outcome, "headline-undecided")
    )


_FRAMES = {
    Outcome.DENIED: "headline-blocked",
    Outcome.PENDING: "headline-pending",
    Outcome.SERVER_ERROR: "headline-server-error",
    Outcome.THROTTLED: "headline-throttled",
    Outcome.UNREACHABLE: "headline-unreachable",
}
"""How an open answer is announced: by the word that the head opens with."""


def _unnamed(scan: ScanFacts, telling: Sequence[Case], diagnoses: Mapping[str, Diagnosis]) -> Sequence[Case]:
    """Where no id was given and the answer lacks nothing else: the probes that tell most about what was found instead.

    Those are the probes with an id from a listing; else those that were sent, when one thing stopped them all; else what was not.
    """
    wanted = {one.name for kind in scan.evidence.artefacts for one in kind.ids}
    is_named = any(name in wanted for target in scan.evidence.targets for name, _value in target.ids)
    if is_named or not telling or any(diagnoses[case.probe.id].outcome is not Outcome.NEEDS_INPUT for case in telling):
        return ()
    sent = [case for case in scan.real if not is_head(case) and diagnoses[case.probe.id].outcome not in _UNASKED]
    found = {diagnoses[case.probe.id] for case in sent}
    is_one_cause = len({one.code for one in found}) == 1 and all(one.outcome is not Outcome.NOT_FOUND for one in found)
    return [case for case in sent if case.probe.ids] or (sent if is_one_cause else telling)


def _unnamed_headline(main: Case | None, diagnoses: Mapping[str, Diagnosis]) -> Note:
    """Say that an id is missing, and why the listings could not make up for it."""
    if main is None or diagnoses[main.probe.id].outcome is Outcome.NEEDS_INPUT:
        return Note("headline-unnamed")
    if diagnoses[main.probe.id].outcome is Outcome.DENIED:
        return Note("headline-blocked")
    return Note("headline-unnamed-items" if main.probe.ids else "headline-unnamed-because")


def _next_step(main: Case | None, diagnoses: Mapping[str, Diagnosis], *, is_unnamed: bool) -> Note | None:
    """What to do besides the decisive diagnosis's remedy: name an id, if none was given."""
    if main is None:
        return Note("give-an-id-or-target")
    has_remedy = bool(DIAGNOSES[diagnoses[main.probe.id].code].remedy)
    return Note("say-what-you-look-for") if is_unnamed and (main.probe.ids or main.probe.needs or not has_remedy) else None


_ASKS = {
    Outcome.NOT_FOUND: "ask-route",
    Outcome.DENIED: "ask-refusal",
    Outcome.EXPIRED: "ask-expired",
    Outcome.RETIRED: "ask-retired",
    Outcome.THROTTLED: "ask-limit",
    Outcome.SERVER_ERROR: "ask-failure",
    Outcome.PENDING: "ask-pending",
}


def _asks(answer: Answer, main: Case | None, diagnoses: Mapping[str, Diagnosis], owner: str | None) -> tuple[Note, ...]:
    """Questions for the party that has to act, which this scan could not answer."""
    if answer is Answer.WORKS or main is None or main.response is None:
        return ()
    vendor = _asked(main, owner, diagnoses[main.probe.id].code)
    found = diagnoses[main.probe.id]
    question = _ASKS.get(found.outcome, "ask-download")
    if found.outcome is Outcome.NOT_FOUND and main.ids:
        question = "ask-job" if found.code.startswith("job-") else "ask-route-for"
    if found.code.startswith("upstream-") and found.outcome is Outcome.DENIED:
        question = "ask-upstream"
    elif question == "ask-refusal" and owner == Owner.NETWORK.value:
        question = "ask-network"
    values = (
        ("vendor", vendor),
        ("title", main.title),
        ("ids", ", ".join(main.ids) or main.title),
        ("code", found.code),
        ("host", main.shown_host),
    )
    return (Note(question, values), Note("give-request-ids", values[:1]))


def _asked(main: Case, owner: str | None, code: str) -> str:
    """Whom to ask: the vendor only what a request that reached it can answer, else the one whose move it is."""
    others = {Owner.GATEWAY.value: "gateway-operator", Owner.NETWORK.value: "network", Owner.STORAGE.value: "storage-owner"}
    if owner == Owner.NETWORK.value and code.startswith("azure-"):
        return "resource-administrators"
    if owner in others:
        return others[owner]
    is_elsewhere = main.response is not None and not main.is_at_vendor and main.answered_by not in VENDORS
    return "vendor" if is_elsewhere else {"azure": "Microsoft", "openai": "OpenAI"}.get(main.target.provider, "vendor")
