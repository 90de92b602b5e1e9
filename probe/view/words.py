"""Words and numbers as people read them in reports: the labels of the closed sets, times, sizes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from probe.facts.within import own_limits
from probe.language import _
from probe.model import Confidence, Evidence, Outcome, Pairs


def utc(moment: datetime, *, is_precise: bool = False) -> str:
    """`2026-11-20T14:03:11Z`, with milliseconds where the order of exchanges matters."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds" if is_precise else "seconds")
    return text.replace("+00:00", "Z")


def size_text(size: int | None) -> str:
    """A size for people: `4.2 MB`; "" for an unknown one."""
    if size is None:
        return ""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def own_options(evidence: Evidence) -> Pairs:
    """The limits and network options that targets have for themselves, by the target's name: `timeout 5, insecure true`."""
    own = {one.name: ((name, f"{value:.10g}") for name, value in own_limits(one.limits).items()) for one in evidence.targets}
    given = {one.name: [" ".join(pair) for pair in (*own[one.name], *one.network)] for one in evidence.targets}
    return tuple((name, ", ".join(words)) for name, words in given.items() if words)


def outcome_labels() -> dict[Outcome, str]:
    """The word for each outcome, in the active language."""
    return {
        Outcome.WORKS: _("works"),
        Outcome.LINK: _("link"),
        Outcome.PENDING: _("not ready"),
        Outcome.METADATA_ONLY: _("metadata only"),
        Outcome.NEEDS_INPUT: _("needs input"),
        Outcome.DENIED: _("blocked"),
        Outcome.NOT_FOUND: _("not found"),
        Outcome.EXPIRED: _("expired"),
        Outcome.RETIRED: _("retired"),
        Outcome.THROTTLED: _("throttled"),
        Outcome.SERVER_ERROR: _("server error"),
        Outcome.UNREACHABLE: _("unreachable"),
        Outcome.SKIPPED: _("skipped"),
        Outcome.INCONCLUSIVE: _("not decided"),
        Outcome.PROBE_BUG: _("bug in probe"),
    }


def confidence_label(confidence: Confidence) -> str:
    """The word for a confidence, in the active language."""
    return {Confidence.HIGH: _("high"), Confidence.MEDIUM: _("medium"), Confidence.LOW: _("low")}[confidence]


def split_url(url: str) -> SplitResult:
    """The parts of a URL; if the text is not a URL, everything is the path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts without repeats and without "", in order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def sentences(*texts: str) -> str:
    """The texts one after the other, each ended as a sentence is."""
    return " ".join(text if text.endswith((".", "!", "?", ":", "…")) else f"{text}." for text in texts if text)
