"""What every note says: code -> English template, one line each, sorted by code; a value is filled in by its name.

To add one, add a line here and make `Note("its-code", (("name", value),))` where it happens; `probe.diagnoses.tell` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "accepted-as": "The service accepts the credential as {form}.",
    "answers-not-verified": "Nothing in the run folder could be verified with these credentials: every request is sent again.",
    "bogus-id-led-on": "Does a made-up id get a link too?",
    "bogus-id-same-answer": "Does a made-up id get the same response?",
    "bogus-id-same-bytes": "Does a made-up id get the same bytes?",
    "bogus-route-same-answer": "Does a made-up path get the same response?",
    "bogus-version-answer": "How does this surface respond to a made-up api-version?",
    "credential-accepted-as": "Is the credential accepted as {form}?",
    "credential-read": "Does the service check the credential at all?",
    "diff-catalogue": "The catalogues differ: {before}, then {after}.",
    "diff-credentials": "Other credential variables were used: {before}, then {after}.",
    "diff-failing-url": "The failing URL differs: {before}, then {after}.",
    "diff-ids": "Other ids were given: {before}, then {after}.",
    "diff-limits": "The limits differ: {before}, then {after}.",
    "diff-requests": "{count} requests were not sent the same way: {probes}.",
    "diff-targets": "The targets differ: {before}, then {after}.",
    "failing-url": "The URL that is said to fail.",
    "failing-url-elsewhere": "The URL that is said to fail; it lies on another origin than the target, so no credential was sent.",
    "failing-url-not-typed": "The failing URL is on another host: repeat --failing-url to send it again.",
    "found-in": "Found in {where}.",
    "from-catalogue": "catalogue: {standing}",
    "host-and-key-right": "Are host and key right?",
    "id-not-given": "Needs {names}: no answer gave it. Use --id NAME=VALUE.",
    "journal-lines-skipped": "{count} lines of the journal were damaged or not written by this run; they were skipped.",
    "may-be-billed": "Creates something and may be billed; --allow-billable sends it.",
    "needs-id": "Needs {names}: give it with --id NAME=VALUE.",
    "run-folder-lost": "{lost} was deleted or replaced during the scan; the run is now in {path}.",
    "same-request": "The same request as {first}.",
    "text": "{text}",
    "wait-out-of-budget": "Stopped waiting: the budget of {count} requests is spent.",
    "wait-out-of-time": "Stopped waiting: the time limit of the scan is spent.",
}
