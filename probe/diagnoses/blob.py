"""Records of blob storage."""

from __future__ import annotations

from functools import partial

from probe.diagnoses.record import SAID, Owner, Record, Records, denied, not_found, throttled
from probe.model import Outcome

_storage = partial(denied, owner=Owner.STORAGE)

RECORDS: Records = {
    "blob-sas-expired": Record(
        title="The signed link expired",
        outcome=Outcome.EXPIRED,
        summary="The signed link has expired",
        remedy="Ask the API for the object again: each response holds a fresh link.",
        how_decided=("Storage says that the signature is not valid in its time frame, or the link's `se` had passed."),
        lookalikes="A changed signature.",
    ),
    "blob-sas-not-yet-valid": denied(
        title="The signed link is not valid yet",
        summary="The signed link is not valid before {start}",
        remedy="Check the clock of the machine that made the link, then try again.",
        how_decided="The link's `st` lies in the future.",
        lookalikes="A wrong clock.",
    ),
    "blob-signature-wrong": denied(
        title="Wrong signature",
        summary="The link's signature does not match the link: it was changed, cut or escaped twice",
        remedy=("Copy the whole link from the JSON response with a JSON parser (\\u0026 means &), and change nothing in it."),
        how_decided="Storage says that authentication failed, and the link's dates are good.",
        lookalikes="A link that was cut, or escaped twice (\\u0026).",
    ),
    "blob-permission-missing": _storage(
        title="No permission to read",
        summary="The link's signature or the token's role does not allow reading this blob",
        remedy=("Ask for a link with sp=r, or give the principal the role Storage Blob Data Reader on the container."),
        variants={
            "acl": (
                "The storage service at {host} does not give out this object",
                "Ask whoever owns the bucket to allow reading, or for a signed link that is still valid.",
            )
        },
        tails=(SAID,),
        how_decided="AuthorizationPermissionMismatch and its like, or a link made without `r` in `sp`.",
        lookalikes="The account's network rules.",
    ),
    "blob-credential-missing": denied(
        title="Storage requires a credential",
        summary="The link has no signature, and no token was sent",
        remedy=("Send an Entra token for https://storage.azure.com (role Storage Blob Data Reader), or use a signed link."),
        variants={
            "elsewhere": ("The link has no signature, and {host} requires one", "Ask the operator of {target} for a signed link.")
        },
        how_decided="The link has no signature, no token was sent, and storage refuses or hides the blob.",
        lookalikes="A blob that does not exist: private containers answer 404 to strangers.",
    ),
    "blob-audience": denied(
        title="The token is not for storage",
        summary="The token sent to blob storage is not for storage",
        remedy=("Send a token for https://storage.azure.com, or use the signed link without any Authorization header."),
        how_decided="Storage says that the audience does not match.",
        lookalikes="A missing role.",
    ),
    "blob-token-expired": denied(
        title="The storage token expired",
        summary="The storage token has expired or is not valid yet",
        remedy="Get a fresh token for https://storage.azure.com.",
        how_decided="Storage says that the lifetime validation of the token failed.",
        lookalikes="A token for another audience; an expired signed link.",
    ),
    "blob-firewall": _storage(
        title="Blocked by storage network rules",
        summary=("The storage account's network rules, or the addresses that the link allows, block this machine"),
        remedy=("Run probe from an allowed network, or add the address under Networking of the storage account."),
        how_decided=(
            "AuthorizationFailure: the request is not authorized to perform this operation, although link or token are good."
        ),
        lookalikes="A missing role.",
    ),
    "blob-public-access-off": denied(
        title="Public access is off",
        summary="The storage account does not allow anonymous access",
        remedy="Use a signed link, or send an Entra token for storage.",
        how_decided="PublicAccessNotPermitted.",
        lookalikes="A missing blob.",
    ),
    "blob-account-disabled": _storage(
        title="Storage account disabled",
        summary="The storage account is disabled",
        remedy="Ask its owner: the account's subscription may be suspended.",
        how_decided="AccountIsDisabled.",
        lookalikes="A firewall.",
    ),
    "blob-not-found": not_found(
        title="No such blob",
        summary="The blob does not exist: it was deleted, was never written, or has another name",
        remedy=("Ask the API for the object again. A private container gives the same response to requests without a credential."),
        how_decided="BlobNotFound, ContainerNotFound and their like.",
        lookalikes="A private container asked without a credential.",
        what_to_do="Ask the API again; batches name files that were never written.",
    ),
    "blob-archived": Record(
        title="In the archive tier",
        outcome=Outcome.PENDING,
        owner=Owner.STORAGE,
        summary="The blob is in the archive tier and cannot be read from there",
        remedy="Rehydrate it to the hot or cool tier, which takes hours, then scan again.",
        how_decided="BlobArchived or BlobBeingRehydrated.",
        lookalikes="Nothing.",
    ),
    "blob-busy": throttled(
        title="Storage is overloaded",
        owner=Owner.STORAGE,
        summary="The storage account is overloaded",
        remedy="Wait a minute and scan again.",
        how_decided="ServerBusy and its like.",
        lookalikes="Nothing.",
    ),
}
