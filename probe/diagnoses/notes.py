"""What every note says: code -> English template, one line each, sorted by code; a value is filled in by its name.

To add one, add a line here and make `Note("its-code", (("name", value),))` where it happens; `probe.diagnoses.tell` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "ask-download": 'Ask {vendor}: what responds at {host}, and how can "{title}" be downloaded there?',
    "ask-expired": "Ask {vendor}: does {ids} still exist, and can it be restored?",
    "ask-failure": "Ask {vendor}: what failed behind these request ids?",
    "ask-job": "Ask {vendor}: why did the job {ids} end without an artefact ({code})?",
    "ask-limit": "Ask {vendor}: which limit is hit on this resource, and how can it be raised?",
    "ask-pending": "Ask {vendor}, if it stays like this for hours: is the job {ids} still running?",
    "ask-refusal": "Ask {vendor}: why is this request refused here ({code}), and which role or network rule is missing?",
    "ask-retired": 'Ask {vendor}: since when is "{title}" switched off for this resource, and can what was made be exported?',
    "ask-route": 'Ask {vendor}: which route and api-version deliver "{title}" on this resource?',
    "ask-route-for": 'Ask {vendor}: which route and api-version deliver "{title}" for {ids} on this resource?',
    "behind-a-link": "returns a link to the file",
    "bogus-id-led-on": "Does a made-up id get a link too?",
    "bogus-id-same-answer": "Does a made-up id get the same response?",
    "bogus-id-same-bytes": "Does a made-up id get the same bytes?",
    "bogus-route-same-answer": "Does a made-up path get the same response?",
    "bogus-version-answer": "How does this surface respond to a made-up api-version?",
    "credential-accepted-as": "Is the credential accepted as {form}?",
    "credential-read": "Does the service check the credential at all?",
    "give-an-id-or-target": "Give an id with --id, or a target whose lists respond.",
    "give-request-ids": "Give {vendor} the request ids, regions and UTC times of this report.",
    "headline-blocked": "Blocked: {summary}",
    "headline-interrupted": "Not decided, because the scan was interrupted: {summary}",
    "headline-none": "No download route works: {summary}",
    "headline-nothing-sent": "Nothing was sent: no request could be made",
    "headline-undecided": "Not decided: {summary}",
    "headline-unnamed": "Not decided: no id was given, and no listing named one",
    "headline-unnamed-because": "Not decided: no id was given, and no listing named one: {summary}",
    "headline-unnamed-items": "Not decided: no id was given, and no item found in the listings can be downloaded: {summary}",
    "headline-works": "{method} {route} works on {target}",
    "host-and-key-right": "Are host and key right?",
    "inside-the-json": "returns the file inside its JSON",
    "ranked-documented": "Documented {stage} route; {delivery}.",
    "ranked-refuted": "Known wrong {stage} route that works here; {delivery}.",
    "ranked-undocumented": "Undocumented {stage} route; {delivery}.",
    "ranked-unlisted": "Route outside the catalogue; {delivery}.",
    "say-what-you-look-for": "Say what you look for: --id VALUE, with the id that your code or its log shows.",
    "stage-deprecated": "deprecated",
    "stage-ga": "GA",
    "stage-preview": "preview",
    "stage-retired": "retired",
    "text": "{text}",
    "the-file-itself": "returns the file itself",
    "unsent-at-end": "not sent before the scan ended",
    "vendor": "the service's operator",
}
