"""What every note says: code -> English template, one line each, sorted by code; a value is filled in by its name.

To add one, add a line here and make `Note("its-code", (("name", value),))` where it happens; `probe.diagnoses.tell` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "bogus-id-led-on": "Does a made-up id get a link too?",
    "bogus-id-same-answer": "Does a made-up id get the same response?",
    "bogus-id-same-bytes": "Does a made-up id get the same bytes?",
    "bogus-route-same-answer": "Does a made-up path get the same response?",
    "bogus-version-answer": "How does this surface respond to a made-up api-version?",
    "credential-accepted-as": "Is the credential accepted as {form}?",
    "credential-read": "Does the service check the credential at all?",
    "host-and-key-right": "Are host and key right?",
    "key-is-a-word": "{name} is a plain word, so only headers and parameters can be masked, not free text.",
    "key-is-our-text": "{name} also occurs in every report, so only headers and parameters can be masked, not free text.",
    "key-too-short": "{name} is too short: only headers and parameters can be masked, not free text.",
    "text": "{text}",
}
