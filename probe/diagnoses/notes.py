"""What every note says: code -> English template, one line each, sorted by code; a value is filled in by its name.

To add one, add a line here and make `Note("its-code", (("name", value),))` where it happens; `probe.diagnoses.tell` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "accepted-as": "The service accepts the credential as {form}.",
    "answers-not-verified": "Nothing in the run folder could be verified with these credentials: every request is sent again.",
    "billed-once": "A request that may be billed is sent once and never repeated in another form.",
    "bogus-id-led-on": "Does a made-up id get a link too?",
    "bogus-id-same-answer": "Does a made-up id get the same response?",
    "bogus-id-same-bytes": "Does a made-up id get the same bytes?",
    "bogus-route-same-answer": "Does a made-up path get the same response?",
    "bogus-version-answer": "How does this surface respond to a made-up api-version?",
    "budget-used-up": "the budget of {count} requests is used up",
    "credential-accepted-as": "Is the credential accepted as {form}?",
    "credential-not-given": "{name} would carry a credential that was not given for this host: not sent",
    "credential-not-set": "the variable {name} holds no credential",
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
    "header-not-sent": "{name} could change what is asked or of whom: not sent",
    "header-not-valid": "a header is not valid in HTTP: not sent",
    "host-and-key-right": "Are host and key right?",
    "id-not-given": "Needs {names}: no answer gave it. Use --id NAME=VALUE.",
    "id-not-known": "the id is not known: {names}",
    "journal-lines-skipped": "{count} lines of the journal were damaged or not written by this run; they were skipped.",
    "link-secret-gone": "the secret part of the link was only in the memory of the run that found it",
    "may-be-billed": "Creates something and may be billed; --allow-billable sends it.",
    "method-not-sent": "{method} may change or cost something: not sent",
    "needs-id": "Needs {names}: give it with --id NAME=VALUE.",
    "not-a-url": "not a URL",
    "query-not-sent": "{name} in the query could change what is asked or on whose account: not sent",
    "run-folder-lost": "{lost} was deleted or replaced during the scan; the run is now in {path}.",
    "post-not-allowed": "A POST that creates nothing; --allow-post {kind} sends it.",
    "same-request": "The same request as {first}.",
    "text": "{text}",
    "time-used-up": "the time limit of {seconds} s is used up",
    "user-info-in-url": "user-info in the URL",
    "wait-out-of-budget": "Stopped waiting: the budget of {count} requests is spent.",
    "wait-out-of-time": "Stopped waiting: the time limit of the scan is spent.",
}
