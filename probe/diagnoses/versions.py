"""Records of api-versions."""

from __future__ import annotations

from probe.diagnoses.record import SAID, WRONG_VERSION, Records, not_found

RECORDS: Records = {
    "azure-api-version-unknown": not_found(
        title="api-version not supported",
        summary="{target} does not support api-version {version} on {route}",
        remedy="Use api-version={best}.",
        variants={"none": ("", "Remove the api-version.")},
        tails=WRONG_VERSION,
        how_decided=(
            'The server says so ("API version not supported"), or the router\'s 404 comes at this api-version '
            "only, or a made-up api-version gets the same 404."
        ),
        lookalikes=(
            "An unknown route gets the same 404: where published versions fail on the same path too, the route is named instead."
        ),
        what_to_do=(
            "Use the api-version that the report names. A control-plane date (2024-10-01) or a model's date is "
            "never one of these APIs."
        ),
    ),
    "azure-api-version-missing": not_found(
        title="api-version missing",
        summary="{route} requires an api-version, and the request has none",
        remedy="Add ?api-version=... as the route's documentation says.",
        how_decided=(
            "No api-version was sent, and the server asks for one, or the same path answers with one, or the "
            "classic surface (which requires it) answers 404."
        ),
        lookalikes="An unknown route on the classic surface.",
        what_to_do="Add ?api-version=... ; the v1 paths need none or `preview`.",
    ),
    "azure-api-version-too-old": not_found(
        title="api-version too old for the model",
        summary="api-version {version} is too old",
        remedy="Use the api-version that the message names, or the v1 path without one.",
        tails=(SAID,),
        how_decided="The server says from which api-version on the model is enabled.",
        lookalikes="Nothing: the words are exact.",
    ),
}
