"""What every note says: code -> English template, one line each, sorted by code; a value is filled in by its name.

To add one, add a line here and make `Note("its-code", (("name", value),))` where it happens; `probe.diagnoses.tell` says it.
"""

from __future__ import annotations

from collections.abc import Mapping

NOTES: Mapping[str, str] = {
    "bogus-id-led-on": "Does a made-up id get a link too?",
    "bogus-id-same-answer": "Does a made-up id get the same response?",
    "bogus-id-same-bytes": "Does a made-up id get the same bytes?",
    "bogus-route-same-answer": "Does a made-up path get the same response?",
    "bogus-version-answer": "How does this surface respond to a made-up api-version?",
    "credential-accepted-as": "Is the credential accepted as {form}?",
    "credential-read": "Does the service check the credential at all?",
    "host-and-key-right": "Are host and key right?",
    "id-unwrapped": "{wrapped} is LiteLLM's wrapping of {id} (provider {provider})",
    "target-from-variable": "{target}: the target was read from {source}",
    "target-of-vendor": "{target}: {source} names a host of {title}; it is scanned as such",
    "text": "{text}",
    "url-names-deployment": "{target}: the deployment {deployment} was read from the URL",
    "url-names-project": "{target}: the project {project} was read from the URL",
    "url-names-version": "{target}: api-version {version} was read from the URL; it is tried first",
    "url-path-cut": "{target}: {path} was cut from the URL; the catalogue's paths begin with it",
    "url-prefix-doubled": "{target}: the URL has {prefix} twice",
    "url-query-cut": "{target}: the query was cut from the URL",
    "variable-names-version": "{target}: api-version {version} was read from {source}; it is tried first",
}
