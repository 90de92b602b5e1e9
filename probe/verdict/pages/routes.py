"""Pages of routes, api-versions and ids."""

from __future__ import annotations

from probe.verdict.pages import Explanation

_COMPARE = "Compare the path with the vendor's description. The report names the right route where the catalogue knows it."

PAGES = {
    "azure-route-unknown": Explanation(
        "Azure's gateway knows no such route",
        'The gateway\'s own 404 (code "404", "Resource not found"); sure when a nonsense path on the same surface gets the '
        "very same answer.",
        "A missing or unknown api-version, a doubled /openai and a wrong method get the same words: other versions and "
        "controls tell them apart.",
        _COMPARE,
    ),
    "openai-route-unknown": Explanation(
        "OpenAI knows no such route",
        'The words "Invalid URL (...)" or `unknown_url`, or the same answer as a nonsense path gets.',
        "An unknown id has other words.",
        _COMPARE,
    ),
    "route-unknown": Explanation(
        "The server knows no such route",
        'The 404 is the same answer that a nonsense path gets. Without that control it rests on words such as "Cannot GET" '
        'or "no route matched" alone.',
        'Frameworks that say only "Not Found" for ids too: then the control is what decides.',
        _COMPARE,
    ),
    "route-unknown-at-version": Explanation(
        "The route exists at another api-version",
        "The same path with the same ids gets behind the router at another api-version, and this api-version is known on "
        "the surface.",
        "An api-version that is not known at all has its own code.",
        "Use the api-version that the report names.",
    ),
    "apim-route-unknown": Explanation(
        "A customer's API Management has no such operation",
        'A 404 in the shape `{"statusCode": 404, "message": ...}`, which API Management makes and Azure OpenAI does not.',
        "The resource behind the gateway may well have the route.",
        "Ask the gateway's owner which paths it publishes, often under another prefix, or ask the resource directly.",
    ),
    "azure-api-version-unknown": Explanation(
        "The api-version is not known there",
        'The server says so ("API version not supported"), or the router\'s 404 comes at this api-version only, or a '
        "nonsense api-version gets the same 404.",
        "An unknown route gets the same 404: where published versions fail on the same path too, the route is named instead.",
        "Use the api-version that the report names. A control-plane date (2024-10-01) or a model's date is never one of "
        "these APIs.",
    ),
    "azure-api-version-missing": Explanation(
        "The api-version is missing",
        "No api-version was sent, and the server asks for one, or the same path answers with one, or the classic surface "
        "(which requires it) answers 404.",
        "An unknown route on the classic surface.",
        "Add ?api-version=... ; the v1 paths need none or `preview`.",
    ),
    "azure-api-version-too-old": Explanation(
        "The api-version is too old for the model",
        "The server says from which api-version on the model is enabled.",
        "Nothing: the words are exact.",
        "Use the named api-version or a later one, or the v1 path.",
    ),
    "azure-deployment-unknown": Explanation(
        "There is no such deployment",
        'The code DeploymentNotFound, or "The API deployment ... does not exist", which Sora 2 sends with `code: null`.',
        "The model's name used instead of the deployment's; a deployment that is younger than five minutes.",
        "Take the deployment's name from the resource's Deployments page.",
    ),
    "model-unknown": Explanation(
        "The model is not known, or not for this key",
        "The server says that the model does not exist (`model_not_found` and its like).",
        "OpenAI says the same when the key may not use the model.",
        "Look at GET /models with the same key, and ask for access if the model is missing.",
    ),
    "id-unknown": Explanation(
        "Nothing has this id",
        "A 404 from behind the router: it differs from the answer to a nonsense path, or names the missing thing. Sure "
        "when an id that nobody ever had gets the same answer.",
        "An expired artefact, an id of another resource or project, and a deleted one answer the same: dates, prefixes and "
        "other targets are looked at first.",
        "Check the id letter by letter, that this resource made it, and how long such artefacts are kept.",
    ),
    "id-malformed": Explanation(
        "The id has the wrong form",
        "400 or 422 whose words speak of an invalid id.",
        "An id of another family, which has its own code when its prefix gives it away.",
        "Copy the id whole from the answer that made it.",
    ),
    "id-missing": Explanation(
        "An id is needed that nobody gave",
        "The route has a placeholder that neither the user nor any answer filled, so nothing was sent.",
        "Nothing.",
        "Give it with --id NAME=VALUE, or a parent's id from which it can be found.",
    ),
    "id-of-other-family": Explanation(
        "The id belongs to another API",
        "The prefix of the id (task_, gen_, video_, file-, cfile_, ...) is not the one that belongs at this place of the "
        "path, and the answer is about the id, not about the route.",
        "A job id used as a generation id; `cfile_` asked at /files, where it can never be found.",
        "Ask at the route of the id's own family; the report names it.",
    ),
    "id-of-other-base": Explanation(
        "Another target of this scan has it",
        "The id is unknown here, and another target of the same scan gave a good answer about it.",
        "A project's containers are not seen on the account's base.",
        "Ask at the base that made it.",
    ),
    "content-not-here": Explanation(
        "The object is known, and its content is not on this route",
        "A 404 from behind the router about an id for which another route of the same target gave a good answer.",
        "Content that was deleted while its description stays.",
        "Take the documented download route of the kind.",
    ),
    "purpose-not-downloadable": Explanation(
        "Files of this purpose are not given out",
        '400 with words such as "Not allowed to download files of purpose: assistants".',
        "Nothing: the words are exact, and they prove key, route and id.",
        "Keep your own copy of uploads; files that the service made can be downloaded.",
    ),
    "request-invalid": Explanation(
        "The request lacks something",
        "400 or 422 whose words name a missing field or parameter.",
        "An id of the wrong form.",
        "Give what the message names.",
    ),
    "request-refused": Explanation(
        "The form of the request is refused",
        "400, 413, 414, 415, 422, 428 or 431 whose words no rule could read further.",
        "Many causes; the message is in the report.",
        "Read the message and the vendor's description of the route.",
    ),
    "doubled-openai": Explanation(
        "The prefix stands twice in the path",
        "A router's 404 and a path with /openai/openai, /openai/v1/openai or /v1/v1 in it.",
        "A gateway whose own prefix is /openai.",
        "Take the prefix out of the base URL: the SDK or tool adds it.",
    ),
    "missing-openai": Explanation(
        "The path lacks /openai",
        "A router's 404 on one of Azure's own hosts, and a path that begins with /v1, /deployments or a collection's name.",
        "Gateways with other prefixes are not judged by this.",
        "Put /openai in front of the path.",
    ),
    "wrong-host": Explanation(
        "The request is at the wrong house",
        "OpenAI's own words in an answer to an Azure target; or an Azure id, path or api-version at api.openai.com; or the words "
        "say that another region's host, or the resource's own, is the right one; or status 421.",
        "A wrong key: but here the key may be right for its own host.",
        "Ask the Azure resource that made the artefact.",
    ),
    "method-not-allowed": Explanation(
        "The path takes another method",
        "405, or words about the method; a nonsense path gets another answer.",
        "Azure's gateway answers a plain 404 to a wrong method.",
        "Use the method that the Allow header or the message names; paths that make things rarely deliver them.",
    ),
    "operation-not-supported": Explanation(
        "The model cannot do this",
        "The code OperationNotSupported, or words that the operation does not work with the model.",
        "A retired model.",
        "Use a deployment of a model that can.",
    ),
    "not-found-unclear": Explanation(
        "A 404 without a reason",
        "Neither the words nor a control tell whether the route or the id is unknown.",
        "Every other 404.",
        "Scan again with a larger --max-requests so that the controls are sent; compare host and path with the description.",
    ),
    "not-implemented": Explanation(
        "Not implemented",
        "Status 501.",
        "A gateway that does not know the method.",
        "Take another route of the kind.",
    ),
}
