"""The status that goes with an error's code or words, for pastes that lack it."""

from __future__ import annotations

import re

from probe.facts.glossary import glossed

_OF_CODE = {
    "blobnotfound": 404,
    "containernotfound": 404,
    "authorizationfailure": 403,
    "authorizationpermissionmismatch": 403,
    "deploymentnotfound": 404,
    "resourcenotfound": 404,
    "notfound": 404,
    "not_found_error": 404,
    "authenticationfailed": 403,
    "permissiondenied": 401,
    "toomanyrequests": 429,
    "badrequest": 400,
    "invalidauthenticationtoken": 401,
    "forbidden": 403,
    "internalservererror": 500,
    "model_not_found": 404,
    "invalid_api_key": 401,
    "unauthorized": 401,
    "insufficient_quota": 429,
    "rate_limit_exceeded": 429,
    "content_filter": 400,
    "unsupported_api_version": 400,
    "invalidapiversionparameter": 400,
    "publicaccessdenied": 403,
    "publicaccessnotpermitted": 409,
    "blobarchived": 409,
    "accountisdisabled": 403,
    "serverbusy": 503,
    "operationnotsupported": 400,
    "accessdenied": 403,
}
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
