"""What every note says: code -> English template, one line each, sorted by code; a value is filled in by its name.

To add one, add a line here and make `Note("its-code", (("name", value),))` where it happens; `probe.diagnoses.tell` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "answers-not-verified": "Nothing in the run folder could be verified with these credentials: every request is sent again.",
    "bogus-id-led-on": "Does a made-up id get a link too?",
    "bogus-id-same-answer": "Does a made-up id get the same response?",
    "bogus-id-same-bytes": "Does a made-up id get the same bytes?",
    "bogus-route-same-answer": "Does a made-up path get the same response?",
    "bogus-version-answer": "How does this surface respond to a made-up api-version?",
    "credential-accepted-as": "Is the credential accepted as {form}?",
    "credential-read": "Does the service check the credential at all?",
    "failing-url-not-typed": "The failing URL is on another host: repeat --failing-url to send it again.",
    "host-and-key-right": "Are host and key right?",
    "journal-lines-skipped": "{count} lines of the journal were damaged or not written by this run; they were skipped.",
    "run-folder-lost": "{lost} was deleted or replaced during the scan; the run is now in {path}.",
    "text": "{text}",
    "wait-out-of-budget": "Stopped waiting: the budget of {count} requests is spent.",
    "wait-out-of-time": "Stopped waiting: the time limit of the scan is spent.",
}
