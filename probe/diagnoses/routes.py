"""Records of routes: paths, methods and operations that do not exist."""

from __future__ import annotations

from probe.diagnoses.record import PAGE, RETIRED, SAID, SAME_PATH, WRONG_VERSION, Owner, Records, not_found

INSTEAD = {
    "right": ("", "Use {right}."),
    "family": ("", "{id} is the id of {kind}: use {right}."),
    "gateway": (
        "The gateway at {target} does not publish the route {route}",
        "Ask the gateway's operator which paths it publishes, often under another prefix, or ask the service behind it directly.",
    ),
    "deployment": ("", "Remove /deployments/NAME from the path: this operation does not take it."),
}
"""What to ask for instead of an unknown route."""
_COMPARE = "Compare the path with the vendor's documentation. The host may serve another API than you expect."
_UNKNOWN = "{target} does not have the route {route}"
_TAILS = (("at_version", " at api-version {at_version}"), SAME_PATH, PAGE, *WRONG_VERSION, *RETIRED)

RECORDS: Records = {
    "azure-route-unknown": not_found(
        title="No such route on Azure",
        summary=_UNKNOWN,
        remedy=_COMPARE,
        variants=INSTEAD,
        tails=_TAILS,
        how_decided=(
            'The gateway\'s own 404 (code "404", "Resource not found"); sure when a made-up path on the same '
            "surface gets the very same response."
        ),
        lookalikes=(
            "A missing or unknown api-version, a doubled /openai and a wrong method get the same words: other "
            "versions and controls tell them apart."
        ),
    ),
    "openai-route-unknown": not_found(
        title="No such route at OpenAI",
        summary=_UNKNOWN,
        remedy=_COMPARE,
        variants=INSTEAD,
        tails=_TAILS,
        how_decided='The words "Invalid URL (...)" or `unknown_url`, or the same response as a made-up path gets.',
        lookalikes="An unknown id has other words.",
    ),
    "route-unknown": not_found(
        title="No such route",
        summary=_UNKNOWN,
        remedy=_COMPARE,
        variants=INSTEAD,
        tails=_TAILS,
        how_decided=(
            "The 404 is the same response that a made-up path gets. Without that control it rests on words such "
            'as "Cannot GET" or "no route matched" alone.'
        ),
        lookalikes='Frameworks that say only "Not Found" for ids too: then the control is what decides.',
    ),
    "route-or-id-unknown": not_found(
        title="No such route or id",
        summary=(
            "{target} returned 404 for {route}: either the route or {id} does not exist; this service returns the same for both"
        ),
        remedy="Check the id, then try one from the list: if its response differs, the route exists.",
        tails=RETIRED,
        how_decided="A made-up path gets the same response, but so does a made-up id on a route that exists.",
        lookalikes="An unknown route, an unknown id: an id from the list would tell them apart.",
    ),
    "route-unknown-at-version": not_found(
        title="Route needs another api-version",
        summary="{target} serves {route} at api-version {best}, but not at {version}",
        remedy="Use api-version={best}.",
        variants={
            "none": ("{target} serves {route} without an api-version, but not at api-version {version}", "Remove the api-version.")
        },
        how_decided=(
            "The same path with the same ids gets behind the router at another api-version, and this api-version "
            "is known on the surface."
        ),
        lookalikes="An api-version that is not known at all has its own code.",
        what_to_do="Use the api-version that the report names.",
    ),
    "apim-route-unknown": not_found(
        title="No such operation in API Management",
        owner=Owner.GATEWAY,
        summary="The API Management gateway at {target} does not publish an operation for {route}",
        remedy=("Ask the gateway's operator which paths it publishes (often under another prefix), or ask the resource directly."),
        variants=INSTEAD,
        tails=_TAILS,
        how_decided=(
            'A 404 in the shape `{"statusCode": 404, "message": ...}`, which API Management makes and Azure OpenAI does not.'
        ),
        lookalikes="The resource behind the gateway may well have the route.",
    ),
    "doubled-openai": not_found(
        title="The prefix is doubled",
        summary="{part} occurs twice in the path {path}",
        remedy="Remove it from the base URL: the SDK or tool adds the prefix itself.",
        how_decided="A router's 404 and a path with /openai/openai, /openai/v1/openai or /v1/v1 in it.",
        lookalikes="A gateway whose own prefix is /openai.",
    ),
    "missing-openai": not_found(
        title="The path lacks /openai",
        summary="The path {path} lacks /openai, with which every Azure OpenAI path begins",
        remedy="Use /openai{path} instead.",
        how_decided=(
            "A router's 404 on one of Azure's own hosts, and a path that begins with /v1, /deployments or a collection's name."
        ),
        lookalikes="Gateways with other prefixes are not judged by this.",
        what_to_do="Put /openai in front of the path.",
    ),
    "method-not-allowed": not_found(
        title="Wrong method",
        summary="{route} does not accept {method}",
        remedy="Use another route: this path creates things and does not return them.",
        variants={**INSTEAD, "get": ("", "Use GET.")},
        tails=(("allowed", "; it accepts {allowed}"),),
        how_decided="405, or words about the method; a made-up path gets another answer.",
        lookalikes="Azure's gateway answers a plain 404 to a wrong method.",
        what_to_do=("Use the method that the Allow header or the message names; paths that make things rarely deliver them."),
    ),
    "operation-not-supported": not_found(
        title="Not supported by the model",
        summary="{route} exists, but the model behind it does not support this operation",
        remedy="Use a deployment of a model that supports it. The model may also be retired.",
        tails=(SAID,),
        how_decided="The code OperationNotSupported, or words that the operation does not work with the model.",
        lookalikes="A retired model.",
    ),
    "not-found-unclear": not_found(
        title="404 without a reason",
        summary="{target} returned 404 for {route}, without telling whether the route or the id is unknown",
        remedy="Compare host and path with the vendor's documentation.",
        variants={"listed": ("", "Check route and id: the host returned its list of models, so host and key are right.")},
        how_decided="Neither the words nor a control tell whether the route or the id is unknown.",
        lookalikes="Every other 404.",
        what_to_do=(
            "Scan again with a larger --max-requests so that the controls are sent; compare host and path with the description."
        ),
    ),
    "not-implemented": not_found(
        title="Not implemented",
        summary="{target} has not implemented {route} ({status})",
        remedy="Use another route of this kind.",
        variants={
            "gateway": (
                "The gateway at {target} cannot do this for the service behind it ({status})",
                "Ask the gateway's operator how what is made behind it can be downloaded.",
            )
        },
        tails=(SAID,),
        how_decided="Status 501, or a 5xx whose words say that the operation is not supported or not implemented.",
        lookalikes="A gateway that does not know the method.",
    ),
}
