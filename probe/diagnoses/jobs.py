"""Records of jobs, expiry and retirement."""

from __future__ import annotations

from probe.diagnoses.record import SAID, Owner, Record, Records, not_found
from probe.model import Outcome

_OFF = "Use a current model or API for new jobs."
_AGAIN = "Run the job again and download it in time."
_WITHIN = "Run the job again and download within {hours} hours."
_SOON = "Run the job again and download within {minutes} minutes."
_SOURCED = (("listed", "; it is listed as retired"), ("day", " since {day}"), ("source", " (source: {source})"))

RECORDS: Records = {
    "job-pending": Record(
        title="Not finished yet",
        outcome=Outcome.PENDING,
        summary="The job has not finished",
        remedy="Wait until the job is done (--wait 10m polls for you), then download.",
        tails=(("word", ': its state is "{word}"'), SAID),
        how_decided=(
            "The state word of the job is one of the pending ones, or the server says that the artefact is not "
            "ready, or answers 202."
        ),
        lookalikes="A job that hangs.",
    ),
    "job-failed": not_found(
        title="The job failed",
        summary="The job failed",
        remedy="Read the reason in the response and run the job again.",
        tails=(("word", ' (state "{word}")'), SAID),
        how_decided="The state word is one of the failed ones.",
        lookalikes="A moderated or cancelled job has its own code.",
    ),
    "job-moderated": not_found(
        title="Stopped by moderation",
        summary="Moderation stopped the job",
        remedy="Change the prompt and run the job again.",
        tails=(SAID,),
        how_decided="The job failed and its reason speaks of moderation, content filter or content policy.",
        lookalikes="Other failures.",
    ),
    "job-cancelled": not_found(
        title="Cancelled",
        summary="The job was cancelled",
        remedy="Run the job again.",
        how_decided="The state word says cancelled.",
        lookalikes="A failed job.",
    ),
    "job-empty": not_found(
        title="Finished without a product",
        owner=Owner.VENDOR,
        summary='The job is "{word}" but produced nothing: {path} is empty',
        remedy="Run the job again, and ask the vendor why this one ended without an artefact.",
        variants={
            "linkless": (
                'The job is "{word}", and the response that should name its file names none',
                "Run the job again and download its file in time; ask the service why this response names none.",
            ),
        },
        how_decided="The state is a good one, and the list or the response that should hold the products names none.",
        lookalikes="A list under another key.",
    ),
    "sandbox-path-only": not_found(
        title="Only a sandbox path, no file",
        summary="The text names a sandbox: path, but no annotation names a file: no file was handed over",
        remedy=(
            "Ask the model to write the file and to cite it, or list the files of its container (GET /containers/ID/files). "
            "A sandbox: path is only text."
        ),
        how_decided="A finished answer has a `sandbox:` path in its text, and no annotation, attachment or picture names a file.",
        lookalikes="A file that a later message hands over.",
    ),
    "cites-input-only": not_found(
        title="Only uploaded files are cited",
        summary="The response cites an uploaded input ({cited}) and names no file that was produced",
        remedy="Use your own copy of the uploaded file, or ask the model to write a new one.",
        how_decided="The annotations of a finished answer are `file_citation`, which point at what was uploaded for searching.",
        lookalikes="`container_file_citation` and `file_path` annotations name files that were written.",
    ),
    "no-file-produced": not_found(
        title="No file was produced",
        summary="The response is complete and no file was produced: no annotation, attachment or picture names one",
        remedy="Run it again with a tool that writes files, and ask the model to write one.",
        variants={"empty": ("The response is complete and its output is empty: no file was produced", "")},
        how_decided="A finished answer whose annotations and attachments are empty and which holds no picture.",
        lookalikes="A file in a container that no annotation names: list the container's files.",
    ),
    "artefact-expired": Record(
        title="Artefact expired",
        outcome=Outcome.EXPIRED,
        summary="{title} expired",
        remedy=_AGAIN,
        variants={
            "kept": ("", _WITHIN),
            "soon": ("", _SOON),
            "cited": ("{target} names {id} in another response and does not have it: it was deleted or has expired", ""),
            "deleted": ("{title} was deleted, {target} says", ""),
            "gone": ("{target} returned 410: the artefact is gone", ""),
            "gone-soon": ("{target} returned 410: the artefact is gone", _SOON),
            "gone-kept": ("{target} returned 410: the artefact is gone", _WITHIN),
        },
        tails=(("when", " at {when}"),),
        how_decided=(
            "The server says so, or `expires_at` of this very artefact in another answer of the scan had passed "
            "when it was asked for."
        ),
        lookalikes="An unknown id answers the same where no date is known.",
    ),
    "kind-retired": Record(
        title="API retired",
        outcome=Outcome.RETIRED,
        owner=Owner.VENDOR,
        summary="This API is retired ({status})",
        remedy=_OFF,
        variants={
            "gone": ("{title} is retired: {target} returned 410 Gone", ""),
            "silence": ("{target} no longer has a route for {title}, while its other routes respond", ""),
        },
        tails=(*_SOURCED, SAID),
        how_decided=(
            "410, or the server's words; or every documented route of the kind is unknown on a host that answers "
            "otherwise, and the published date has passed."
        ),
        lookalikes="A route that this resource never had. A date alone is never taken as proof.",
        what_to_do="Ask the vendor whether what was made still exists.",
    ),
    "model-retired": Record(
        title="Model retired",
        outcome=Outcome.RETIRED,
        owner=Owner.VENDOR,
        summary="The model is retired ({status})",
        remedy=_OFF,
        tails=(SAID,),
        how_decided="The server says that the model or deployment is deprecated, retired or no longer available.",
        lookalikes="A deployment that does not exist.",
        what_to_do="Deploy a successor; what the old model made may still be downloadable.",
    ),
}
