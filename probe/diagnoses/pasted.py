"""Records of what the catalogue alone knows of a pasted request whose response was not pasted."""

from __future__ import annotations

from probe.diagnoses.record import Owner, Record, Records
from probe.model import Outcome

RECORDS: Records = {
    "known-wrong-route": Record(
        title="A known wrong route",
        outcome=Outcome.NOT_FOUND,
        owner=Owner.CALLER,
        summary="{method} {path} is a known wrong route",
        remedy="Use {right}.",
        variants={"no-right-one": ("", "Compare the path with the vendor's description.")},
        how_decided="The pasted request is one that the catalogue lists as a wrong guess; no response was judged.",
        lookalikes="A gateway of your own may serve the path all the same: a scan tells.",
        what_to_do="Use the route that is named instead, or scan.",
    ),
    "known-wrong-version": Record(
        title="A known wrong api-version",
        outcome=Outcome.NOT_FOUND,
        owner=Owner.CALLER,
        summary="{version} was never an api-version of these routes: {why}",
        remedy="Use a published api-version.",
        how_decided="The pasted api-version is one that the catalogue lists as wrong; no response was judged.",
        lookalikes="A gateway of your own may ignore the parameter.",
        what_to_do="Use a published api-version; `probe catalogue list` names them.",
    ),
}
