"""Records of what is known of a pasted request: by the catalogue alone, or beside what the scan itself saw."""

from __future__ import annotations

from probe.diagnoses.record import Records, inconclusive, not_found

RECORDS: Records = {
    "known-wrong-route": not_found(
        title="A known wrong route",
        summary="{method} {path} is a known wrong route",
        remedy="Use {right}.",
        variants={"no-right-one": ("", "Compare the path with the vendor's description.")},
        how_decided="The pasted request is one that the catalogue lists as a known wrong route; no response was judged.",
        lookalikes="A gateway of your own may serve the path all the same: a scan tells.",
        what_to_do="Use the route that is named instead, or scan.",
    ),
    "known-wrong-version": not_found(
        title="A known wrong api-version",
        summary="{version} was never an api-version of these routes: {why}",
        remedy="Use a published api-version.",
        how_decided="The pasted api-version is one that the catalogue lists as wrong; no response was judged.",
        lookalikes="A gateway of your own may ignore the parameter.",
        what_to_do="Use a published api-version; `probe catalogue list` names them.",
    ),
    "pasted-response-same": inconclusive(
        title="The pasted response is unchanged",
        owner=None,
        summary="The pasted request still returns {now}",
        tails=(("at", " (the paste is of {at})"),),
        how_decided="The scan sent the pasted request again and got the status that the paste tells.",
        lookalikes="The same status can have another cause now: compare the words.",
        what_to_do="Nothing: the case is the one that was pasted.",
    ),
    "pasted-response-differs": inconclusive(
        title="The pasted response changed",
        summary="You saw {then}; the same request now returns {now}",
        remedy="Trust the newer response: something changed in between, or the key and headers are not those of the paste.",
        tails=(("at", " (the paste is of {at})"), ("said", "; the paste says: {said}")),
        how_decided="The scan sent the pasted request again and got another status than the paste tells.",
        lookalikes="Another key, another network or another header gives another status too.",
    ),
}
