"""Pages of jobs, expiry, retirement and blob storage."""

from __future__ import annotations

from probe.verdict.pages import Explanation

PAGES = {
    "job-pending": Explanation(
        "Not finished yet",
        "The state word of the job is one of the pending ones, or the server says that the artefact is not ready, or answers 202.",
        "A job that hangs.",
        "Wait; --wait 10m polls at the documented pace.",
    ),
    "job-failed": Explanation(
        "The job failed",
        "The state word is one of the failed ones.",
        "A moderated or cancelled job has its own code.",
        "Read the reason in the answer and make a new job.",
    ),
    "job-moderated": Explanation(
        "Stopped by moderation",
        "The job failed and its reason speaks of moderation, content filter or content policy.",
        "Other failures.",
        "Change the prompt; nothing can be downloaded.",
    ),
    "job-cancelled": Explanation("Cancelled", "The state word says cancelled.", "A failed job.", "Make a new job."),
    "job-empty": Explanation(
        "Finished, and made nothing",
        "The state is a good one, and the list that should hold the products is empty.",
        "A list under another key.",
        "Make a new job; ask the vendor why.",
    ),
    "artefact-expired": Explanation(
        "Expired",
        "The server says so, or `expires_at` of this very artefact in another answer of the scan had passed when it was asked for.",
        "An unknown id answers the same where no date is known.",
        "Make it again and download it in time.",
    ),
    "kind-retired": Explanation(
        "Switched off",
        "410, or the server's words; or every documented route of the kind is unknown on a host that answers otherwise, "
        "and the published date has passed.",
        "A route that this resource never had. A date alone is never taken as proof.",
        "Ask the vendor whether what was made still exists.",
    ),
    "model-retired": Explanation(
        "The model is retired",
        "The server says that the model or deployment is deprecated, retired or no longer available.",
        "A deployment that does not exist.",
        "Deploy a successor; what the old model made may still be downloadable.",
    ),
    "blob-sas-expired": Explanation(
        "The signed link has expired",
        "Storage says that the signature is not valid in its time frame, or the link's `se` had passed.",
        "A changed signature.",
        "Ask the API again for a fresh link.",
    ),
    "blob-sas-not-yet-valid": Explanation(
        "The signed link is not valid yet", "The link's `st` lies in the future.", "A wrong clock.", "Check clocks and try later."
    ),
    "blob-signature-wrong": Explanation(
        "The signature does not fit",
        "Storage says that authentication failed, and the link's dates are good.",
        "A link that was cut, or escaped twice (\\u0026).",
        "Take the link whole through a JSON parser.",
    ),
    "blob-permission-missing": Explanation(
        "The link or role does not allow reading",
        "AuthorizationPermissionMismatch and its like, or a link made without `r` in `sp`.",
        "The account's network rules.",
        "Ask for a link with read permission, or the role Storage Blob Data Reader.",
    ),
    "blob-credential-missing": Explanation(
        "Storage wants a credential",
        "The link has no signature, no token was sent, and storage refuses or hides the blob.",
        "A blob that does not exist: private containers answer 404 to strangers.",
        "Give a storage token, or a signed link.",
    ),
    "blob-audience": Explanation(
        "The token is not for storage",
        "Storage says that the audience does not match.",
        "A missing role.",
        "Use a token for https://storage.azure.com; send no Authorization with a signed link.",
    ),
    "blob-token-expired": Explanation(
        "The token for storage has expired",
        "Storage says that the lifetime validation of the token failed.",
        "A token for another audience; an expired signed link.",
        "Fetch a fresh token for https://storage.azure.com.",
    ),
    "blob-firewall": Explanation(
        "Storage's network rules",
        "AuthorizationFailure: the request is not authorized to perform this operation, although link or token are good.",
        "A missing role.",
        "Run probe from an allowed network.",
    ),
    "blob-public-access-off": Explanation(
        "No public access", "PublicAccessNotPermitted.", "A missing blob.", "Use a signed link or a token."
    ),
    "blob-account-disabled": Explanation("The storage account is disabled", "AccountIsDisabled.", "A firewall.", "Ask its owner."),
    "blob-not-found": Explanation(
        "No such blob",
        "BlobNotFound, ContainerNotFound and their like.",
        "A private container asked without a credential.",
        "Ask the API again; batches name files that were never written.",
    ),
    "blob-archived": Explanation("In the archive tier", "BlobArchived or BlobBeingRehydrated.", "Nothing.", "Rehydrate it first."),
    "blob-busy": Explanation("Storage is overloaded", "ServerBusy and its like.", "Nothing.", "Wait and try again."),
}
