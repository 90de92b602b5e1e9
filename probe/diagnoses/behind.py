"""Records of gateways: their own rules, and what they say about the service behind them."""

from __future__ import annotations

from functools import partial

from probe.diagnoses.record import SAID, Owner, Record, Records, denied, not_found
from probe.model import Outcome

_behind = partial(Record, owner=Owner.GATEWAY, tails=(SAID,))
_denied = partial(_behind, outcome=Outcome.DENIED)
_failed = partial(_behind, outcome=Outcome.SERVER_ERROR)

RECORDS: Records = {
    "upstream-credential-missing": _denied(
        title="Gateway has no key for its backend",
        summary="The gateway at {target} called the service behind it without a key of its own",
        remedy="Ask the gateway's operator to set the key for the upstream service. A new key on your side does not help.",
        variants={
            "unnamed-id": (
                "The gateway at {target} found no key to call the service behind it with",
                (
                    "Check the id letter by letter: for an id that it did not make, the gateway looks for a default key. "
                    "If the id is right, ask the gateway's operator to set that key."
                ),
            )
        },
        how_decided=(
            'The error of the service behind names the key as missing ("provided: None", "api_key client option must be set"), '
            "while the caller's credential got a good response from the same gateway, or the error is wrapped."
        ),
        lookalikes="A caller's wrong key, which is refused on every route.",
    ),
    "upstream-credential-wrong": _denied(
        title="Backend rejects the gateway's key",
        summary="The service behind the gateway at {target} rejected the gateway's own credential ({status})",
        remedy=(
            "Ask the gateway's operator to replace the key or role for the upstream service. A new key on your side does not help."
        ),
        how_decided=(
            "A refusal of a key that the gateway wrapped; or one in the words of another service, while the "
            "caller's credential got a "
            "good response from the same gateway."
        ),
        lookalikes="A caller's wrong key, which is refused on every route.",
    ),
    "upstream-denied": _denied(
        title="Backend denies the gateway",
        summary="The service behind the gateway at {target} refused the gateway's request ({status})",
        remedy="Ask the gateway's operator which role, network rule or model access its upstream account lacks.",
        how_decided="A 401 or 403 that the gateway wrapped, and whose words are not about the key itself.",
        lookalikes="A refusal of the caller by the gateway.",
    ),
    "upstream-limit": _behind(
        title="The gateway's account is at a limit",
        outcome=Outcome.THROTTLED,
        summary="The account with which the gateway at {target} calls the service behind it has reached a limit",
        remedy="Ask the gateway's operator to raise the quota or balance of its upstream account.",
        how_decided="A quota, rate or billing error of the service behind, passed on or wrapped by the gateway.",
        lookalikes="The caller's own limit at the gateway.",
    ),
    "upstream-route-unknown": not_found(
        title="No such route behind the gateway",
        owner=Owner.GATEWAY,
        summary="The gateway at {target} accepts {route}, but the service behind it does not have that route",
        remedy="Ask the gateway's operator which of the services behind it keeps these artefacts, or ask that service directly.",
        tails=(SAID, ("whole", "; the list, which takes no id, gets the same response")),
        how_decided=(
            "A router's 404 that the gateway wrapped, or the same 404 for the list and for its items, while a "
            "made-up path gets another."
        ),
        lookalikes="An unknown id: but a list cannot miss one.",
    ),
    "upstream-model-unknown": _behind(
        title="No such model behind the gateway",
        outcome=Outcome.NOT_FOUND,
        summary="The service behind the gateway at {target} does not know the model or deployment that the gateway names",
        remedy="Ask the gateway's operator to correct the model or deployment in its configuration.",
        variants={
            "version": (
                "The gateway at {target} uses an api-version that the service behind it does not support",
                "Ask the gateway's operator to correct the api-version in its configuration.",
            )
        },
        how_decided="An unknown model or deployment in an error that the gateway wrapped.",
        lookalikes="A model that the caller named wrongly.",
    ),
    "upstream-failed": _failed(
        title="Backend failed",
        summary="The gateway at {target} could not reach or read the service behind it",
        remedy="Try again in a few minutes. If it persists, ask the gateway's operator why its upstream call fails.",
        how_decided="The words name a failed call to an upstream: connection, name, timeout, a bad response.",
        lookalikes="A failure of the service itself.",
    ),
    "gateway-fetch-blocked": _denied(
        title="The gateway blocked its own fetch",
        summary="The gateway at {target} is not allowed by its own rules to fetch the artefact from its storage",
        remedy="Ask the gateway's operator to add that host to its allow list (SSRF protection). Your key and id "
        "are not the cause.",
        how_decided="The words name a domain, host or address that is not on the gateway's allow list.",
        lookalikes="A firewall that refuses the caller's address.",
    ),
    "gateway-admins-only": _denied(
        title="Route for the gateway's admins only",
        summary="The gateway at {target} opens {route} to its admins only",
        remedy="Ask the gateway's operator to open the route to your key, or to download the artefact as an admin.",
        how_decided="401 or 403 whose words name admins or the master key as the only ones who may.",
        lookalikes="A wrong key: but this one was read.",
    ),
    "gateway-key-restricted": _denied(
        title="Key restricted by the gateway",
        summary="The gateway at {target} knows the key, but does not allow it this route, model or group",
        remedy="Ask the gateway's operator to allow this key what the message names.",
        how_decided="Words that name the models, routes, groups or addresses that the key may use at the gateway.",
        lookalikes="A wrong key, which the gateway does not know at all.",
    ),
    "gateway-has-no-channel": _failed(
        title="No backend for this request",
        summary="The gateway at {target} has no channel or deployment for this request",
        remedy="Ask the gateway's operator to add a channel or deployment for the model, or to open one to your group.",
        how_decided='Words such as "no available channel for model" or "no healthy deployments".',
        lookalikes="A service that is down for a moment.",
    ),
    "gateway-setting-missing": _failed(
        title="A server setting is missing",
        summary="{target} failed because a setting or credential of its own is missing ({status})",
        remedy="Ask the operator of the service or gateway to set what the message names. Trying again does not help.",
        how_decided="A 5xx (or a 4xx in the gateway's words) that names a setting, variable, credential or "
        "identity that is not set.",
        lookalikes="A failure that passes by itself.",
    ),
    "route-refuses-credential": denied(
        title="Credential rejected here only",
        owner=None,
        summary="{target} accepted the same credential for another request, but rejected it for {route} ({status})",
        remedy="Keep the key: compare what this route requires (role, project, plan, another header) with the "
        "vendor's documentation.",
        tails=(SAID,),
        how_decided="401 or 403 in the words of a wrong key, while the same credential got a good response from the same target.",
        lookalikes="A gateway whose own key for the service behind is wrong.",
    ),
}
