"""Records of good responses."""

from __future__ import annotations

from functools import partial

from probe.diagnoses.record import CLAIMED, PAGE, SAID, Owner, Record, Records, inconclusive, metadata_only
from probe.model import Outcome

WORKS_TAILS = (
    ("retired", "; it works although it is listed as retired"),
    ("day", " since {day}"),
    ("refuted", "; the catalogue listed it as a known wrong route"),
)
"""What a reader should know about a route that works."""
_ASK_BEHIND = "Find out what responds there (a gateway, a login page, a mock) and ask the service behind it directly."
_DECODES = "Run the command below: it decodes the response into the file."
_PROVED_TAILS = (
    ("size", ", {size} bytes in all"),
    ("uploaded", '; its purpose "{uploaded}" is one of files that were uploaded, not produced'),
    ("failed", "; this file holds the requests that failed"),
    ("ended", '; the job ended as "{ended}", so this file holds only what was finished by then'),
    ("unanswered", "; the control request with a made-up id got no response"),
    *WORKS_TAILS,
)

_works = partial(Record, outcome=Outcome.WORKS, owner=None)

RECORDS: Records = {
    "download-proved": _works(
        title="Download proved",
        summary="The first bytes are those of {type}",
        remedy="Run the command below.",
        tails=_PROVED_TAILS,
        how_decided=(
            "A 200 or 206 on a download route whose first bytes have the signature of the artefact's media type "
            "(or, for text formats, its structure), with a plausible size; and where a made-up id or a made-up "
            "path was tried, it did not get the same."
        ),
        lookalikes=(
            "A catch-all gateway or a mock that sends the same bytes to everybody: the control rules it out. A "
            "media type or file name in the headers is never proof."
        ),
        what_to_do=("Use the curl, PowerShell or Python command in the report. It reads the key from the environment."),
    ),
    "link-proved": _works(
        title="The link returns the file",
        summary="The first bytes are those of {type}",
        remedy="Run the command below.",
        tails=_PROVED_TAILS,
        how_decided=(
            "A URL that was found in a header or in the JSON of an answer was asked for, without a credential "
            "where it leads to another host, and its first bytes are the artefact's."
        ),
        lookalikes="A link whose bytes could not be proved is `link-found`.",
        what_to_do="Download it soon: signed links expire, and the API hands out a fresh one each time.",
    ),
    "link-unproved": Record(
        title="Link to an unproved document",
        outcome=Outcome.LINK,
        summary=("The link returned {type}, as any route of an API may: this does not prove that it is the artefact"),
        remedy="Open the link and check.",
        how_decided=(
            "A URL that was found in an answer gives JSON or XML. The artefact may be any sort of file, but every"
            " route of an API answers so, and beside a link no made-up id can be tried."
        ),
        lookalikes=(
            "A JSON file that a service delivers through a link; the description of something else; a login that answers in JSON."
        ),
    ),
    "artefact-embedded": _works(
        title="The file is inside the JSON",
        summary="The JSON response holds the artefact itself as base64 in {path}: {type}",
        remedy="Run the command below: it decodes {path} of the JSON response.",
        variants={
            "whole-base64": ("The response is {type} as base64 text", _DECODES),
            "whole-gzip": ("The response is {type}, compressed with gzip", _DECODES),
            "whole-base64-gzip": ("The response is {type}, compressed with gzip and written as base64 text", _DECODES),
        },
        tails=WORKS_TAILS,
        how_decided=(
            "A value of the JSON answer, or the whole body, decodes from base64 or gzip to bytes with the artefact's signature or "
            "checked structure."
        ),
        lookalikes="Other long base64 values (thumbnails, tokens) have other signatures.",
        what_to_do="Decode the named value; nothing more has to be downloaded.",
    ),
    "download-unconfirmed": inconclusive(
        title="Looks right; control missing",
        summary="{route} returned {type}, but no control request showed what a made-up id gets",
        remedy=("Scan again later and with a higher --max-requests, so that the control request gets its response."),
        how_decided=(
            "The bytes fit, but the artefact may be any sort of file, and no made-up id or made-up path was "
            "answered in this scan (throttling and broken servers do not count), so a server that accepts "
            "everything is not ruled out."
        ),
        lookalikes=(
            "`download-proved` is the same with the control seen; `catch-all-gateway` is the same with a control that got the same."
        ),
    ),
    "catch-all-gateway": inconclusive(
        title="Accepts made-up requests too",
        owner=Owner.GATEWAY,
        summary=("{target} returned {status} for a made-up path, just as for {route}: its responses prove nothing"),
        remedy=_ASK_BEHIND,
        variants={
            "id": (("{target} returned {status} for a made-up id, just as for {route}: its responses prove nothing"), ""),
            "link": ("{target} returned a link for a made-up id too: what the link returns proves nothing", ""),
        },
        how_decided=(
            "A made-up path, or a made-up id, gets a good answer with the same sort of body as the real request, "
            "or is named a link in the same place."
        ),
        lookalikes=(
            "A service that ignores ids would look the same; so do login pages, mocks and web sites with a page "
            "for every path (soft 404)."
        ),
    ),
    "error-in-success": inconclusive(
        title="An error under a good status",
        owner=Owner.GATEWAY,
        summary="{status} with an error in the body",
        remedy="Read the message. A gateway hides the real status.",
        tails=(SAID,),
        how_decided=(
            "The status is 2xx, and the JSON body is an error: it has an error code or message, or no keys but those of errors."
        ),
        lookalikes="Gateways that hide the real status; services that report every error with 200.",
    ),
    "link-found": Record(
        title="The response names a link",
        outcome=Outcome.LINK,
        summary="The response names {url} in {where}",
        remedy="Follow the link. It needs no key if it is signed.",
        how_decided=(
            "A URL stands in Location, Content-Location or Operation-Location, or under any key of the JSON, "
            "apart from paging and documentation links."
        ),
        lookalikes="Bare blob URLs are always named for batches, even where no file was written.",
        what_to_do=("Look at the verdict of the link's own probe; follow the link without the API's key if it is on another host."),
    ),
    "link-refused": Record(
        title="Link not followed",
        outcome=Outcome.LINK,
        summary="The response names {url}, which probe does not follow: {reason}",
        remedy="Open it yourself if you trust it.",
        how_decided=(
            "Every link of the answer leads to a private, link-local or metadata address, uses another scheme, or"
            " falls back to http."
        ),
        lookalikes="A service in a private network names private addresses rightly.",
        what_to_do="Open it yourself if you trust it; a target at such an address can be scanned as a target.",
    ),
    "body-empty": inconclusive(
        title="Empty body",
        owner=Owner.VENDOR,
        summary="{status} with an empty body",
        remedy="Try again later. If it persists, ask the vendor whether the artefact was lost.",
        tails=(CLAIMED,),
        how_decided="2xx on a download route and not a single byte, or 416 whose Content-Range says that there is none.",
        lookalikes="An artefact of zero bytes, such as the error file of a batch without errors, looks the same.",
    ),
    "body-too-small": inconclusive(
        title="Too few bytes",
        owner=Owner.GATEWAY,
        summary="{status}, but the whole body is {size} bytes, too few for the artefact",
        remedy="Look at the body yourself: mocks and placeholders respond like this.",
        tails=(("described", ", which its description says has {described}"), CLAIMED),
        how_decided=(
            "2xx on a download route, and the body (or the size that the headers claim) is smaller than any real "
            "artefact of its sort, or than half of what the service's own description of the file says."
        ),
        lookalikes="Mocks and placeholders; a video of six bytes has been seen under `200 video/mp4`.",
    ),
    "body-unproved": inconclusive(
        title="Unknown bytes",
        summary="{status}, but the bytes have no known signature and no structure that can be checked",
        remedy="Download it and open it. If it is right, add its signature (`magic`) to the catalogue.",
        tails=(CLAIMED,),
        how_decided=(
            "2xx on a download route; the bytes have no known signature, and plain text has no structure that could be checked."
        ),
        lookalikes="A rare file format, or a text that really is the artefact.",
    ),
    "body-not-artefact": inconclusive(
        title="Not the wanted file",
        summary="{status}, but the bytes are {type}, not {wanted}",
        remedy="Try the other routes of this kind: this response describes or replaces the artefact.",
        variants={"content": ("{status}, but the bytes are {type} and not the content of {title}", "")},
        tails=(CLAIMED,),
        how_decided=(
            "2xx on a download route, and the first bytes are those of another media type than the artefact's, "
            "whatever Content-Type claims."
        ),
        lookalikes="Metadata on a route that was thought to deliver; a thumbnail instead of the video.",
    ),
    "html-instead-of-json": inconclusive(
        title="A web page, not data",
        summary="{host} returned a web page ({status}) instead of data",
        remedy="Check host and path: a website or a proxy responds here, not the API.",
        variants={
            "everywhere": ("Every path of {host} returns the same web page ({status})", ""),
            "gateway": (
                "{host} returned other requests' data, and a web page ({status}) for {route}",
                "Ask the operator of what stands in front of the service why this path leads to a page.",
            ),
            "login": ("", "Use the API host, or log in: the page is a login, so the request never reached the API."),
        },
        tails=(PAGE,),
        how_decided="The body is HTML where JSON or an artefact was expected; its title is in the report.",
        lookalikes="A login page, a proxy's page, a portal, or a web site at the same host.",
    ),
    "head-answered": metadata_only(
        title="HEAD succeeded",
        owner=None,
        summary="HEAD returned {status}",
        remedy="Only a GET proves the download.",
        tails=(("size", " and names {size} bytes"),),
        how_decided="2xx to a HEAD request: the route exists and its headers may name size and type.",
        lookalikes="Some servers answer HEAD to everything.",
    ),
    "head-refused": inconclusive(
        title="HEAD failed (not conclusive)",
        owner=None,
        summary="HEAD returned {status} (not conclusive)",
        remedy="Look at the GET of the same route.",
        how_decided="A HEAD request got an error that says little: many services refuse HEAD where GET works.",
        lookalikes="An unknown route or id looks the same without a body.",
    ),
    "list-answer": metadata_only(
        title="The list responds",
        owner=None,
        summary="{target} returned its list: host and key are right",
        how_decided="2xx with JSON on a list route: host, key and api-version are right.",
        lookalikes="A catch-all gateway, which has its own code.",
        what_to_do="Take an id from the list; `probe discover` shows what is in it.",
    ),
    "list-empty": metadata_only(
        title="The list is empty",
        summary="{target} lists nothing of this kind",
        remedy="Give the id with --id, or ask another base URL: a list shows only what was made on its own.",
        how_decided="2xx with JSON on a list route, and no item in it.",
        lookalikes=("Lists show only what was made on their own base (account, project), and expired items vanish."),
    ),
    "metadata-without-link": metadata_only(
        title="Metadata without a link",
        owner=None,
        summary="Metadata of {title}, without a link in its {count} key paths",
        remedy="Put the id from this response into the download route.",
        variants={
            "file": (
                "Metadata of a finished job: its output is the file {file}",
                "Download that file: GET .../files/{file}/content on the same base; the job's own id has no content route.",
            ),
            "made": (
                "Metadata of a finished job: what it made is {file}",
                "Put {file}, not the job's own id, into the download route.",
            ),
            "errors": (
                "Metadata of a finished job without an output file: its errors are in the file {file}",
                "Read GET .../files/{file}/content: each line tells why one request failed.",
            ),
        },
        tails=(("expired_at", "; it expired at {expired_at}"), ("expires_at", "; it expires at {expires_at}")),
        how_decided="2xx with JSON that describes the object; none of its values is a link.",
        lookalikes="This is by design for Sora: the id goes into a path, and no response contains a URL.",
    ),
}
