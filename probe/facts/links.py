"""Which link of an answer can lead to the artefact, and how likely: one rule for what is followed, judged and shown."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.facts.urls import host_of
from probe.model import Link

POINTERS = frozenset({"header:location", "header:content-location", "header:operation-location"})
"""Headers that point somewhere by definition (RFC 9110, sections 8.7 and 10.2.2; Azure's Operation-Location)."""
FARTHEST = 5
"""The rank of by-products such as thumbnails."""
_DOC_HOSTS = ("aka.ms", "learn.microsoft.com", "platform.openai.com", "go.microsoft.com", "developers.openai.com")
_CALLS = {"webhook", "webhooks", "hook", "hooks", "callback", "callbacks", "notify", "notification", "notifications"}
_ACTS = {"cancel", "abort", "stop", "delete", "destroy", "kill", "retry", "rerun", "signup", "login", "logout", "share"}
_PAGING = {"next", "prev", "previous", "self", "first", "last"}
_FOR_PEOPLE = {"doc", "docs", "documentation", "help", "support", "terms", "privacy", "policy", "license", "licence", "legal",
               "home", "homepage", "dashboard", "console", "portal", "billing", "invoice", "upgrade", "pricing", "profile", "web",
               "website", "referrer", "referer", "icon", "favicon", "logo", "avatar", "badge", "schema", "oauth", "auth",
               "tokenizer", "wandb", "repo", "repository"}  # fmt: skip
_GIVEN = {"input", "inputs", "source", "prompt", "reference", "references", "request", "error", "errors"}
_NEVER = frozenset(_CALLS | _ACTS | _PAGING | _FOR_PEOPLE | _GIVEN)
"""Words of a key, or of one above it, that cannot lead to the artefact, or that do something when they are asked."""
_BESIDE = frozenset({"thumbnail", "thumb", "poster", "cover", "preview", "frame", "spritesheet", "sprite", "storyboard", "waveform",
                     "subtitle", "subtitles"})  # fmt: skip
_ON_THE_WAY = frozenset({"poll", "polling", "status", "state", "job", "task", "operation", "progress", "stream", "get"})
_WANTED = frozenset({"download", "result", "results", "output", "outputs", "video", "videos", "audio", "image", "images", "file",
                     "files", "content", "contents", "artifact", "artifacts", "artefact", "artefacts", "media", "asset", "assets",
                     "generated", "generations", "unsigned", "signed", "sample", "samples", "blob", "clip", "movie"})  # fmt: skip
_PLAIN = frozenset(["url", "urls", "uri", "uris", "link", "links", "href", "location", "src"])
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\['((?:[^'\\]|\\.)*)'\]")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=4096)
def rank(link: Link) -> int | None:
    """How near a link stands to the artefact: 0 is the nearest, None means that it must not be followed for it.

    The words of its key decide, then those above it: `$.webhook.url` is a webhook, `$.data.video_url` a video. Words that ask for
    somebody else's action (a webhook, a cancellation) are never followed, whatever else the key says.
    """
    if link.found_in.lower() in POINTERS:
        return 0
    if link.found_in.startswith("header:"):
        return None if "rel=" in link.found_in else 3
    if host_of(link.url).endswith(_DOC_HOSTS):
        return None
    return _rank_of(link.found_in)


def leads_on(key_path: str) -> bool:
    """Whether a link at this key path (`$.data.video_url`) may lead to the artefact, by its words alone."""
    near = _rank_of(key_path)
    return near is not None and near < FARTHEST


def _rank_of(key_path: str) -> int | None:
    steps = [_words(plain or quoted) for plain, quoted in _STEP.findall(key_path)]
    key = steps[-1] if steps else set()
    above = set().union(*steps[:-1]) if steps else set()
    if key & _BESIDE:  # `last_frame_url` is a picture, not a page
        return FARTHEST
    if (key | above) & _NEVER:
        return None
    if above & _BESIDE:
        return FARTHEST
    if key & _ON_THE_WAY:
        return 4
    if key & _WANTED:
        return 1
    return 2 if key & _PLAIN and above & _WANTED else 3 if key & _PLAIN else 4


def _words(key: str) -> set[str]:
    """Split a key into its words: `webhookUrl`, `webhook_url` and `WEBHOOK-URL` are all {webhook, url}."""
    return {word.lower() for word in _WORD.findall(key[:200])}
