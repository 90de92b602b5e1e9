"""The status that goes with an error's code or words, for pastes that lack it."""

from __future__ import annotations

import re

from probe.facts.glossary import glossed

_CODES = {
    400: "badrequest content_filter unsupported_api_version invalidapiversionparameter operationnotsupported",
    401: "permissiondenied invalidauthenticationtoken invalid_api_key unauthorized",
    403: "authorizationfailure authorizationpermissionmismatch authenticationfailed forbidden publicaccessdenied "
    "accountisdisabled accessdenied",
    404: "blobnotfound containernotfound deploymentnotfound resourcenotfound notfound not_found_error model_not_found",
    409: "publicaccessnotpermitted blobarchived",
    429: "toomanyrequests insufficient_quota rate_limit_exceeded",
    500: "internalservererror",
    503: "serverbusy",
}
"""Codes that a vendor sends with one status only, in lower case."""
_OF_CODE = {code: status for status, codes in _CODES.items() for code in codes.split()}
_OF_WORDS = (
    (
        401,
        r"invalid subscription key|(in|not )(valid|correct) (api |access )?(key|token)|authentication_error|unauthori[sz]ed"
        r"|credentials? .{0,20}missing|(no|provide an|missing) (api )?(key|credential)|missing (scope|subscription key|token)"
        r"|(token|signature|certificate|jwt) .{0,40}expired",
    ),
    (
        403,
        r"firewall rules|virtual network|permission|access denied|forbidden|not allowed to (?!download)"
        r"|(access|authentication) is disabled|private endpoint",
    ),
    (
        404,
        r"not.found|^\W*cannot (get|post|head) /|no [\w ]{3,20} found|not be found|does not exist|no such|unknown (id"
        r"|model|route)|(is|has|have) expired"
        r"|no longer (available|exists)",
    ),
    (429, r"rate.limit|quota|too many requests|throttl|overloaded"),
    (400, r"api version not supported|not allowed to download|unsupported|not (yet )?(completed?|finished|ready)\b"),
    (500, r"server.error|had an error"),
)
"""Words of services, the English of foreign ones included, and types of errors."""


def status_of(code: str, message: str) -> int | None:
    """Tell the status by a code that is one, by a code that a vendor sends with one status only, else by the words."""
    code = code.lower()
    if re.fullmatch(r"[45]\d\d", code):
        return int(code)
    if code in _OF_CODE:
        return _OF_CODE[code]
    said = glossed(f"{code} {message.lower()}")
    return next((status for status, words in _OF_WORDS if re.search(words, said)), None)
