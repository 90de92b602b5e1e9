"""Records of findings about the whole scan."""

from __future__ import annotations

from functools import partial

from probe.diagnoses.record import Owner, Record, Records, metadata_only
from probe.model import Outcome

_over_the_scan = partial(Record, lookalikes="One probe alone cannot show it.")

RECORDS: Records = {
    "denied-everywhere": _over_the_scan(
        title="Everything is blocked",
        outcome=Outcome.DENIED,
        summary="{target} denied every request",
        remedy="Solve the credential or network problem first, then scan again: the routes were not judged.",
        how_decided="Seen over the whole scan: every request to the target was refused.",
    ),
    "throttled-everywhere": _over_the_scan(
        title="Everything is throttled",
        outcome=Outcome.THROTTLED,
        summary="{target} throttled every request",
        remedy="Wait, lower --rate-limit, and scan again.",
        how_decided="Seen over the whole scan: every request hit a limit.",
    ),
    "failing-everywhere": _over_the_scan(
        title="Every request fails",
        outcome=Outcome.SERVER_ERROR,
        owner=Owner.VENDOR,
        summary="{target} failed on every request",
        remedy="Wait for the service to recover, and scan again.",
        how_decided="Seen over the whole scan: every request got a 5xx.",
    ),
    "unreachable-everywhere": _over_the_scan(
        title="Nothing is reachable",
        outcome=Outcome.UNREACHABLE,
        owner=Owner.NETWORK,
        summary="{target} could not be reached at all",
        remedy="Run `probe doctor`: it shows at which step the connection ends.",
        how_decided="Seen over the whole scan: no request got an answer.",
    ),
    "content-routes-unknown": _over_the_scan(
        title="Metadata works, downloads do not",
        outcome=Outcome.NOT_FOUND,
        owner=Owner.VENDOR,
        summary=("The key works and {target} returns the metadata, but none of the download routes exists"),
        remedy=("Ask the vendor, with the request ids: this resource may lack the feature, or serve it under another base."),
        how_decided="Seen over the whole scan: metadata is 200 and every download route is unknown to the router.",
    ),
    "doubled-openai-everywhere": _over_the_scan(
        title="Doubled /openai in every path",
        outcome=Outcome.NOT_FOUND,
        summary="Every path of {target} contains /openai twice: its base URL already ends with it",
        remedy="Remove /openai (and /v1) from the base URL.",
        how_decided="Seen over the whole scan: the base URL ends with what every path begins with.",
    ),
    "answers-everything": _over_the_scan(
        title="Accepts made-up requests",
        outcome=Outcome.INCONCLUSIVE,
        owner=Owner.GATEWAY,
        summary=("{target} gives made-up requests the same responses as real ones, so its responses prove nothing"),
        remedy="Ask the service behind the gateway directly.",
        how_decided="Seen over the whole scan: controls got the same good answer as real requests.",
    ),
    "auth-form-accepted": _over_the_scan(
        title="This header form is accepted",
        outcome=Outcome.METADATA_ONLY,
        summary="{target} accepts the credential as {right}",
        remedy="Send it like this.",
        how_decided="Seen over the whole scan: the other forms of the same credential were tried once.",
    ),
    "auth-forms-refused": _over_the_scan(
        title="Every header form is rejected",
        outcome=Outcome.DENIED,
        summary="{target} rejected the key in every header form: {forms}",
        remedy="If the key is right, use the header that the service's documentation names: -H.",
        variants={
            "named": (
                "{target} rejected the key in every header form that was tried: {forms}; the service names {header}",
                'Send the key like this: -H "{header}".',
            )
        },
        how_decided="Seen over the whole scan: the credential was tried in all its forms.",
    ),
    "no-credential-needed": _over_the_scan(
        title="No credential required",
        outcome=Outcome.METADATA_ONLY,
        summary="{target} responds without any credential",
        remedy="Check whether this is intended: anyone who reaches it can use it.",
        how_decided="Seen over the whole scan: the control without a credential got a good answer.",
    ),
    "api-version-ignored": _over_the_scan(
        title="The api-version is ignored",
        outcome=Outcome.METADATA_ONLY,
        owner=None,
        summary="{target} ignores the api-version on {surface}: a made-up one succeeds too",
        how_decided="Seen over the whole scan: a made-up api-version got a good answer.",
        what_to_do="Do not look for the fault there.",
    ),
    "model-not-listed": _over_the_scan(
        title="Model not in the list",
        outcome=Outcome.NOT_FOUND,
        summary="The list of models of {target} ({count} models) does not have {model}, which the response names",
        remedy="Use a model from the list, or ask for access to this one.",
        how_decided="Seen over the whole scan: a refusal names a model, and the whole list of models does not have it.",
    ),
    "targets-differ": _over_the_scan(
        title="Targets differ",
        outcome=Outcome.METADATA_ONLY,
        summary="{endpoint} differs between targets: {outcomes}",
        remedy="Use the target where it works: its region or features differ.",
        how_decided="Seen over the whole scan: the same request works at one target and not at another.",
    ),
    "vantages-differ": metadata_only(
        title="Networks differ",
        owner=Owner.NETWORK,
        summary="{target} responds differently by network ({count} requests): {outcomes}",
        remedy="Compare the networks: proxy, DNS, firewall rules and private endpoints.",
        variants={
            "private": (
                "{target} is reachable only from some networks ({count} requests): {outcomes}",
                "Access is private. Run from a network where it works, or ask the resource's owner to allow this one.",
            )
        },
        how_decided="Seen over merged runs: the same request to the same resource came to something else from another network.",
        lookalikes="A change in time: the runs should be made at about the same time.",
    ),
    "kind-past-its-date": _over_the_scan(
        title="Listed as retired",
        outcome=Outcome.RETIRED,
        owner=None,
        summary="{title} is listed as retired",
        remedy="The published date may change; the live response decides.",
        tails=(("day", " since {day}"), ("source", " (source: {source})")),
        how_decided="Seen over the whole scan: the vendor published an end for this artefact kind.",
    ),
    "clock-skew": _over_the_scan(
        title="The clocks differ",
        outcome=Outcome.INCONCLUSIVE,
        summary="The clocks of this machine and of {host} differ by {seconds} s",
        remedy="Set the clock: tokens and signed links depend on it.",
        how_decided=("Seen over the whole scan: the server's Date is more than five minutes from this machine's time."),
    ),
    "answer-from-cache": _over_the_scan(
        title="An old response from a cache",
        outcome=Outcome.INCONCLUSIVE,
        owner=Owner.GATEWAY,
        summary="The {status} for {route} came from a cache and is {seconds} s old",
        remedy="Scan again later, or ask the operator of the cache to drop it: the service may say something else by now.",
        how_decided="Seen over the whole scan: a refusal of the artefact has an Age header (RFC 9111) of a minute or more.",
    ),
    "tls-intercepted": _over_the_scan(
        title="A proxy inspects TLS",
        outcome=Outcome.INCONCLUSIVE,
        owner=Owner.NETWORK,
        summary="The certificate of {host} was issued by {issuer}: a proxy reads this traffic",
        remedy="Compare from another network: errors may come from that proxy.",
        how_decided="Seen over the whole scan: the certificate's issuer is the maker of such proxies.",
    ),
}
