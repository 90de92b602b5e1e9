"""Records of controls, of what was not sent, and of responses that no other rule knows."""

from __future__ import annotations

from probe.diagnoses.record import SAID, Record, Records, inconclusive, not_found
from probe.model import Outcome

RECORDS: Records = {
    "control-refused": not_found(
        title="Control rejected, as expected",
        owner=None,
        summary="The control request {control} got {status}, as it should",
        how_decided=("A request made to fail (made-up path, made-up id, made-up api-version, no credential) failed."),
        lookalikes="Nothing.",
        what_to_do="Nothing: it is the yardstick for the other answers.",
    ),
    "control-accepted": inconclusive(
        title="Control accepted",
        owner=None,
        summary="The control request {control} got {status}",
        variants={"nonsense": ("", "Trust this server's other responses less.")},
        how_decided="A request made to fail got a good answer.",
        lookalikes="A service that ignores what the control changed.",
        what_to_do="Trust good answers of this server less.",
    ),
    "not-sent": Record(
        title="Not sent",
        outcome=Outcome.SKIPPED,
        summary="{reason}",
        how_decided="The runner says why: the budget of requests or time, an interruption, a rule.",
        lookalikes="Nothing.",
        what_to_do="Raise the limit that the reason names.",
    ),
    "redirect-not-followed": inconclusive(
        title="Redirect not followed",
        summary="{target} redirects to {location}, which probe did not follow",
        remedy="See why in the report's links.",
        variants={
            "itself": ("{target} redirects to itself, which probe did not follow", ""),
            "nowhere": ("{target} redirects without naming a location", ""),
            "untold": (
                "{target} redirects ({status}), and the paste does not show where to",
                "Look at the response's Location header: a link to the file, or a login page.",
            ),
        },
        how_decided="3xx whose target probe does not go to: too many, off limits, or missing.",
        lookalikes="A login has its own code.",
    ),
    "status-unexpected": inconclusive(
        title="Unexplained response",
        owner=None,
        summary="{target} returned {status}, for which probe has no explanation",
        remedy="Look at the response in the report.",
        tails=(SAID,),
        how_decided="None of the rules recognised a cause.",
        lookalikes="Anything.",
    ),
    "probe-bug": Record(
        title="A bug in probe",
        outcome=Outcome.PROBE_BUG,
        owner=None,
        summary="probe itself failed here: {error}",
        remedy="Report it with the run folder. The other requests are not affected.",
        variants={"rule": ("The rule {rule} of the family {family} failed: {error}", "Report it with the run folder.")},
        how_decided="A rule or the runner failed on this probe; all others were judged.",
        lookalikes="Nothing.",
    ),
}
