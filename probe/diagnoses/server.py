"""Records of servers and gateways that fail."""

from __future__ import annotations

from probe.diagnoses.record import OFF, SAID, SAME_PATH, Owner, Records, server_error

RECORDS: Records = {
    "server-error": server_error(
        title="Server failed",
        owner=Owner.VENDOR,
        summary="{target} failed with {status}",
        remedy="Try again in a few minutes.",
        variants={"gateway": ("", "Try again in a few minutes. If it persists, ask the operator of the gateway.")},
        tails=(SAID, SAME_PATH),
        how_decided="A 5xx of the service itself; the report says whether a made-up path gets the same.",
        lookalikes="A gateway's own failure.",
        what_to_do="Try again; if it stays, give the vendor the request ids.",
    ),
    "gateway-error": server_error(
        title="Gateway got no response",
        owner=Owner.GATEWAY,
        summary="A gateway in front of {target} got no response from its backend ({status})",
        remedy="Try again in a few minutes. If it persists, ask the operator of the gateway.",
        variants={"off": OFF},
        tails=(SAID, SAME_PATH),
        how_decided="502 or 504, or a 503 page; or every path is told that an app, a deployment or a tunnel is stopped or missing.",
        lookalikes="The service's own failure.",
    ),
}
