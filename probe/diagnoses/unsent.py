"""Records of controls, of what was not sent, and of responses that no other rule knows."""

from __future__ import annotations

from probe.diagnoses.record import SAID, Owner, Record, Records
from probe.model import Outcome

RECORDS: Records = {
    "control-refused": Record(
        title="Control rejected, as expected",
        outcome=Outcome.NOT_FOUND,
        summary="The control request {control} got {status}, as it should",
        how_decided=("A request made to fail (made-up path, made-up id, made-up api-version, no credential) failed."),
        lookalikes="Nothing.",
        what_to_do="Nothing: it is the yardstick for the other answers.",
    ),
    "control-accepted": Record(
        title="Control accepted",
        outcome=Outcome.INCONCLUSIVE,
        summary="The control request {control} got {status}",
        variants={"nonsense": ("", "Trust this server's other responses less.")},
        how_decided="A request made to fail got a good answer.",
        lookalikes="A service that ignores what the control changed.",
        what_to_do="Trust good answers of this server less.",
    ),
    "not-sent": Record(
        title="Not sent",
        outcome=Outcome.SKIPPED,
        owner=Owner.CALLER,
        summary="{reason}",
        how_decided="The runner says why: the budget of requests or time, an interruption, a rule.",
        lookalikes="Nothing.",
        what_to_do="Raise the limit that the reason names.",
    ),
    "redirect-not-followed": Record(
        title="Redirect not followed",
        outcome=Outcome.INCONCLUSIVE,
        owner=Owner.CALLER,
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
    "status-unexpected": Record(
        title="Unexplained response",
        outcome=Outcome.INCONCLUSIVE,
        summary="{target} returned {status}, for which probe has no explanation",
        remedy="Look at the response in the report.",
        tails=(SAID,),
        how_decided="None of the rules recognised a cause.",
        lookalikes="Anything.",
    ),
    "probe-bug": Record(
        title="A bug in probe",
        outcome=Outcome.PROBE_BUG,
        summary="probe itself failed here: {error}",
        remedy="Report it with the run folder. The other requests are not affected.",
        variants={"rule": ("The rule {rule} of the family {family} failed: {error}", "Report it with the run folder.")},
        how_decided="A rule or the runner failed on this probe; all others were judged.",
        lookalikes="Nothing.",
    ),
}
