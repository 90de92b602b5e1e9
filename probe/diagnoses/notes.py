"""What every note says: code -> English template, one line each, sorted by code; a value is filled in by its name.

To add one, add a line here and make `Note("its-code", (("name", value),))` where it happens; `probe.diagnoses.tell` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
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
    "header-not-sent": "{name} could change what is asked or of whom: not sent",
    "header-not-valid": "a header is not valid in HTTP: not sent",
    "host-and-key-right": "Are host and key right?",
    "id-not-known": "the id is not known: {names}",
    "link-secret-gone": "the secret part of the link was only in the memory of the run that found it",
    "method-not-sent": "{method} may change or cost something: not sent",
    "not-a-url": "not a URL",
    "query-not-sent": "{name} in the query could change what is asked or on whose account: not sent",
    "text": "{text}",
    "time-used-up": "the time limit of {seconds} s is used up",
    "user-info-in-url": "user-info in the URL",
}
