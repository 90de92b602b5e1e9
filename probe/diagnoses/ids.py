"""Records of ids, deployments and models that are not what the route takes."""

from __future__ import annotations

from probe.diagnoses.record import RETIRED, SAID, Record, Records, inconclusive, not_found
from probe.model import Outcome

RECORDS: Records = {
    "azure-deployment-unknown": not_found(
        title="No such deployment",
        summary="The route is right, but {target} does not have this deployment",
        remedy=(
            "Use the deployment's name (not the model's) from the resource's Deployments page. A new one needs up to five minutes."
        ),
        variants={
            "unnamed": (
                "{target} says that a deployment does not exist, but this request names none",
                "Check on the resource's Deployments page whether the deployment that ran the job still exists.",
            )
        },
        tails=(SAID,),
        how_decided=(
            'The code DeploymentNotFound, or "The API deployment ... does not exist", which Sora 2 sends with `code: null`.'
        ),
        lookalikes=("The model's name used instead of the deployment's; a deployment that is younger than five minutes."),
    ),
    "model-unknown": not_found(
        title="Model unknown, or not for this key",
        summary="{target} does not know the model, or this key may not use it",
        remedy=("Check the list of models that this key sees (GET /models), and ask for access if the model is missing."),
        variants={
            "gateway": (
                "The gateway at {target} has no channel for the model",
                "Ask the gateway's operator to add a channel for the model, or to open one to your group.",
            )
        },
        tails=(SAID,),
        how_decided="The server says that the model does not exist (`model_not_found` and its like).",
        lookalikes="OpenAI says the same when the key may not use the model.",
    ),
    "id-unknown": not_found(
        title="No such id",
        summary="The route {route} is right, but {id} does not exist on {target}",
        remedy=(
            "Check the id letter by letter, and that this resource (at OpenAI: the key's project) created it. An expired artefact "
            "gets the same response."
        ),
        variants={
            "unnamed": ("The route {route} is right, but the id does not exist on {target}", ""),
            "project": (
                "{target} does not have the project {id}",
                "Copy the project's endpoint from its Overview page in the Foundry portal, then scan again.",
            ),
            "container": (
                "",
                (
                    "Use the project's own base .../api/projects/NAME/openai/v1: its containers are "
                    "visible only there, and expire 20 minutes after their last use."
                ),
            ),
        },
        tails=(("made_up_id", ": a made-up id gets the same response"), ("access", ', "{access}"'), *RETIRED),
        how_decided=(
            "A 404 from behind the router: it differs from the answer to a made-up path, or names the missing "
            "thing. Sure when a made-up id gets the same response."
        ),
        lookalikes=(
            "An expired artefact, an id of another resource or project, and a deleted one answer the same: dates,"
            " prefixes and other targets are looked at first."
        ),
    ),
    "id-mistyped": not_found(
        title="One character of the id is wrong",
        summary="{id} does not exist on {target}, but its list holds {near}, which differs in one place",
        remedy="Scan again with --id {near}.",
        variants={
            "case": ("{id} does not exist on {target}, but its list holds {near}: only the case of letters differs", ""),
            "cut": ("{id} does not exist on {target}, but its list holds {near}: the one is a part of the other", ""),
        },
        how_decided="The id is unknown, and a list of the same target holds an id that is one slip away from it.",
        lookalikes="Two ids that were made one after the other.",
        what_to_do="Compare both ids letter by letter.",
    ),
    "id-not-downloadable": not_found(
        title="This id names no file",
        summary="{id} is the id of {what}, which cannot be downloaded",
        remedy="Use --id with {instead}.",
        how_decided="By the vendor's descriptions an id that begins so names something that holds no file; nothing was sent.",
        lookalikes="A service with ids of its own that begin alike: name the id, --id NAME=VALUE.",
        what_to_do="Give the id that the summary names.",
    ),
    "id-malformed": not_found(
        title="Malformed id",
        summary="{route} exists, but rejects the id as malformed",
        remedy="Copy the whole id from the response that created it.",
        tails=(SAID,),
        how_decided="400 or 422 whose words speak of an invalid id.",
        lookalikes="An id of another family, which has its own code when its prefix gives it away.",
    ),
    "id-missing": Record(
        title="Id missing",
        outcome=Outcome.NEEDS_INPUT,
        summary="No {names} was given, and no response named one",
        remedy="Give it with --id NAME=VALUE.",
        variants={
            "nothing": (
                "No {names} was given, and the response that should name one names no file",
                "Read what that response says.",
            ),
        },
        how_decided=("The route has a placeholder that neither the user nor any answer filled, so nothing was sent."),
        lookalikes="Nothing.",
        what_to_do="Give it with --id NAME=VALUE, or a parent's id from which it can be found.",
    ),
    "id-of-other-family": not_found(
        title="Id of another API",
        summary=("{route} exists, but {id} is the id of {kind}; this route takes ids that begin with {expected}"),
        remedy="Use {right}.",
        how_decided=(
            "The prefix of the id (task_, gen_, video_, file-, cfile_, ...) is not the one that belongs at this "
            "place of the path, and the answer is about the id, not about the route."
        ),
        lookalikes="A job id used as a generation id; `cfile_` asked at /files, where it can never be found.",
        what_to_do="Ask at the route of the id's own family; the report names it.",
    ),
    "id-of-other-base": not_found(
        title="Another target has this id",
        summary="{target} does not have this id, but {other} does: it was created there",
        remedy="Use the base URL that created it.",
        how_decided="The id is unknown here, and another target of the same scan gave a good answer about it.",
        lookalikes="A project's containers are not seen on the account's base.",
    ),
    "content-not-here": not_found(
        title="Id known, no content on this route",
        summary="{target} knows {id}, but returned no content for it at {route}",
        remedy=("Use the documented download route. If this is the documented one, the artefact was deleted or has expired."),
        variants={
            "gateway": (
                "The gateway at {target} knows {id}, but the service behind it returned {status} for its content",
                "Ask the gateway's operator whether the artefact still exists behind it, and under which path.",
            )
        },
        tails=(SAID,),
        how_decided=("A 404 from behind the router about an id for which another route of the same target gave a good answer."),
        lookalikes="Content that was deleted while its description stays.",
    ),
    "purpose-not-downloadable": not_found(
        title="Purpose not downloadable",
        summary="The file exists, but files with its purpose cannot be downloaded",
        remedy=(
            "Keep your own copy of what you upload. Files made by the service (batch_output, fine-tune-results, "
            "assistants_output) can be downloaded."
        ),
        tails=(SAID,),
        how_decided='400 with words such as "Not allowed to download files of purpose: assistants".',
        lookalikes="Nothing: the words are exact, and they prove key, route and id.",
    ),
    "request-invalid": Record(
        title="Something is missing in the request",
        outcome=Outcome.NEEDS_INPUT,
        summary="{route} exists, but needs more than was sent",
        remedy="Add what the message names: --id NAME=VALUE, -H 'NAME: VALUE', or the catalogue entry's query or body.",
        tails=(SAID,),
        how_decided="400 or 422 whose words name a missing field or parameter.",
        lookalikes="An id of the wrong form.",
    ),
    "request-refused": inconclusive(
        title="Request rejected",
        summary="{target} rejected the request ({status})",
        remedy="Read the message. The vendor's documentation of the route says what it needs.",
        tails=(SAID,),
        how_decided="400, 413, 414, 415, 422, 428 or 431 whose words no rule could read further.",
        lookalikes="Many causes; the message is in the report.",
    ),
}
