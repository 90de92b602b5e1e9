"""Pages of good answers."""

from __future__ import annotations

from probe.verdict.pages import Explanation

PAGES = {
    "download-proved": Explanation(
        "The download works",
        "A 200 or 206 on a download route whose first bytes have the signature of the artefact's media type (or, for text "
        "formats, its structure), "
        "with a plausible size; and where a bogus id or a nonsense path was tried, it did not get the same.",
        "A catch-all gateway or a mock that sends the same bytes to everybody: the control rules it out. A media type or "
        "file name in the headers is never proof.",
        "Use the curl, PowerShell or Python command in the report. It reads the key from the environment.",
    ),
    "link-proved": Explanation(
        "A link of another answer gives the artefact",
        "A URL that was found in a header or in the JSON of an answer was asked for, without a credential where it leads "
        "to another host, and its first bytes are the artefact's.",
        "A link whose bytes could not be proved is `link-found`.",
        "Download it soon: signed links expire, and the API hands out a fresh one each time.",
    ),
    "link-unproved": Explanation(
        "A link gives a document that may be anything",
        "A URL that was found in an answer gives JSON or XML. The artefact may be any sort of file, but every route of an API "
        "answers so, and beside a link no bogus id can be tried.",
        "A JSON file that a service delivers through a link; the description of something else; a login that answers in JSON.",
        "Open the link and look.",
    ),
    "artefact-embedded": Explanation(
        "The artefact is inside the JSON",
        "A value of the JSON answer decodes from base64 to bytes with the artefact's signature.",
        "Other long base64 values (thumbnails, tokens) have other signatures.",
        "Decode the named value; nothing more has to be downloaded.",
    ),
    "download-unconfirmed": Explanation(
        "It looks right, and the control is missing",
        "The bytes fit, but the artefact may be any sort of file, and no bogus id or nonsense path was answered in this "
        "scan (throttling and broken servers do not count), so a server that says yes to everything is not ruled out.",
        "`download-proved` is the same with the control seen; `catch-all-gateway` is the same with a control that got the same.",
        "Scan again with a larger --max-requests.",
    ),
    "catch-all-gateway": Explanation(
        "The server says yes to everything",
        "A nonsense path, or an id that nobody ever had, gets a good answer with the same sort of body as the real request, "
        "or is named a link in the same place.",
        "A service that ignores ids would look the same; so do login pages, mocks and web sites with a page for every path "
        "(soft 404).",
        "Find out what answers there and ask the service behind it directly.",
    ),
    "error-in-success": Explanation(
        "A good status over an error",
        "The status is 2xx, and the JSON body is an error: it has an error code or message, or no keys but those of errors.",
        "Gateways that hide the real status; services that report every error with 200.",
        "Read the message. The request did not work, whatever the status says.",
    ),
    "link-found": Explanation(
        "The answer names a link",
        "A URL stands in Location, Content-Location or Operation-Location, or under any key of the JSON, apart from paging "
        "and documentation links.",
        "Bare blob URLs are always named for batches, even where no file was written.",
        "Look at the verdict of the link's own probe; follow the link without the API's key if it is on another host.",
    ),
    "link-refused": Explanation(
        "The answer names a link that probe does not follow",
        "Every link of the answer leads to a private, link-local or metadata address, uses another scheme, or falls back to http.",
        "A service in a private network names private addresses rightly.",
        "Open it yourself if you trust it; a target at such an address can be scanned as a target.",
    ),
    "body-empty": Explanation(
        "A good status without a body",
        "2xx on a download route and not a single byte.",
        "An artefact of zero bytes, such as the error file of a batch without errors, looks the same.",
        "Ask again later; if it stays, ask the vendor whether the artefact was lost.",
    ),
    "body-too-small": Explanation(
        "Too few bytes for an artefact",
        "2xx on a download route, and the body (or the size that the headers claim) is smaller than any real artefact of its sort.",
        "Mocks and placeholders; a video of six bytes has been seen under `200 video/mp4`.",
        "Look at the body yourself and ask the service behind the mock.",
    ),
    "body-unproved": Explanation(
        "Bytes that prove nothing",
        "2xx on a download route; the bytes have no known signature, and plain text has no structure that could be checked.",
        "A rare file format, or a text that really is the artefact.",
        "Download it and open it. If it is right, add its signature (`magic`) to the artefact kind in a catalogue.",
    ),
    "body-not-artefact": Explanation(
        "The bytes are something else",
        "2xx on a download route, and the first bytes are those of another media type than the artefact's, whatever "
        "Content-Type claims.",
        "Metadata on a route that was thought to deliver; a thumbnail instead of the video.",
        "Try the documented route of the kind; the report shows what the bytes are.",
    ),
    "html-instead-of-json": Explanation(
        "A web page instead of data",
        "The body is HTML where JSON or an artefact was expected; its title is in the report.",
        "A login page, a proxy's page, a portal, or a web site at the same host.",
        "Check host and path; if the title is a login's, the request never reached the API.",
    ),
    "head-answered": Explanation(
        "HEAD got a good answer",
        "2xx to a HEAD request: the route exists and its headers may name size and type.",
        "Some servers answer HEAD to everything.",
        "Only a GET proves the download.",
    ),
    "head-refused": Explanation(
        "HEAD was refused",
        "A HEAD request got an error that says little: many services refuse HEAD where GET works.",
        "An unknown route or id looks the same without a body.",
        "Look at the GET of the same route.",
    ),
    "list-answer": Explanation(
        "A list answered",
        "2xx with JSON on a list route: host, key and api-version are right.",
        "A catch-all gateway, which has its own code.",
        "Take an id from the list; `probe discover` shows what is in it.",
    ),
    "list-empty": Explanation(
        "The list is empty",
        "2xx with JSON on a list route, and no item in it.",
        "Lists show only what was made on their own base (account, project), and expired items vanish.",
        "Give the id with --id, or scan the base that made it.",
    ),
    "metadata-without-link": Explanation(
        "Metadata, and no link in it",
        "2xx with JSON that describes the object; none of its values is a link.",
        "This is by design for Sora: the id goes into a path, there is no URL in any answer.",
        "Put the id into the download route of its family.",
    ),
}
