"""What the beginning of an id tells about the thing behind it: what it is, where it is fetched, and which id leads on from it."""

from __future__ import annotations

import re

from probe.frozen import Frozen

UNSERVED = "other_id"
"""The name under which a target keeps a given id without a file of its own."""


class Family(Frozen):
    """Ids with one beginning: `what` they name and the `route` that takes them, or `instead`, the id that leads to a file."""

    prefix: str
    what: str
    route: str = ""
    instead: str = ""


FAMILIES = (
    Family("gen_", "an Azure Sora 1 generation", "/openai/v1/video/generations/{id}/content/video"),
    Family("task_", "an Azure Sora 1 job", "/openai/v1/video/generations/jobs/{id}"),
    Family("video_", "a Sora 2 video", "/videos/{id}/content"),
    Family("file-", "a file", "/files/{id}/content"),
    Family("cfile_", "a container file", "/containers/{container_id}/files/{id}/content"),
    Family("cntr_", "a container", "/containers/{id}/files"),
    Family("batch_", "a batch", "/batches/{id}"),
    Family("ftjob-", "a fine-tuning job", "/fine_tuning/jobs/{id}"),
    Family("vs_", "a vector store", "/vector_stores/{id}/files"),
    Family("resp_", "a response", "/responses/{id}"),
    Family("skill_", "a skill", "/skills/{id}/content"),
    # openai-python 3.57.0 `types/`: these name no file, and no route gives one for them
    Family(
        "msg_",
        "a message",
        instead="the id of the file that it cites (file-...), of its thread (thread_...) or response (resp_...)",
    ),
    Family("run_", "a run", instead="the id of its thread (thread_...)"),
    Family("step_", "a run step", instead="the id of its thread (thread_...)"),
    Family("asst_", "an assistant", instead="the id of a thread (thread_...) or of a file (file-...)"),
    Family("conv_", "a conversation", instead="the id of one of its responses (resp_...)"),
    Family("ig_", "an image generation call", instead="the id of its response (resp_...), which holds the image as base64"),
    Family("ci_", "a code interpreter call", instead="the id of its response (resp_...) or container (cntr_...)"),
    Family("ws_", "a web search call", instead="the id of its response (resp_...)"),
    Family("fs_", "a file search call", instead="the id of its response (resp_...)"),
    Family("fc_", "a function call", instead="the id of its response (resp_...)"),
    Family("mcp_", "a call of an MCP server", instead="the id of its response (resp_...)"),
    Family("cu_", "a computer use call", instead="the id of its response (resp_...)"),
    Family("rs_", "a reasoning item", instead="the id of its response (resp_...)"),
    Family("call_", "a tool call", instead="the id of its response (resp_...)"),
    Family("req_", "a request", instead="the id of what the request made"),
    Family("upload_", "an upload", instead="the id of the file that it became (file-...)"),
    Family("part_", "a part of an upload", instead="the id of the file that the upload became (file-...)"),
    Family("chatcmpl-", "a chat completion", instead="the id of the file or job that it speaks of"),
    Family("cmpl-", "a completion", instead="the id of the file or job that it speaks of"),
    Family("modr-", "a moderation", instead="the id of the job that was moderated"),
    Family("ftevent-", "an event of a fine-tuning job", instead="the id of its job (ftjob-...)"),
    Family("vsfb_", "a batch of files in a vector store", instead="the id of the vector store (vs_...) and of the file (file-...)"),
    Family("sess_", "a realtime session", instead="the id of a recording or a response (resp_...)"),
    Family("item_", "an item of a conversation", instead="the id of its response (resp_...)"),
    Family("org-", "an organisation", instead="the id of the job or file"),
    Family("proj_", "a project", instead="the id of the job or file"),
)
"""Told by the vendor's own descriptions; an id's beginning chooses what to ask for and never decides an answer by itself."""

PLACES = (
    (re.compile(r"/video/generations/jobs/([^/]+)"), ("task_",)),
    (re.compile(r"/video/generations/(?!jobs(?:/|$))([^/]+)"), ("gen_",)),
    (re.compile(r"/videos/([^/]+)"), ("video_",)),
    (re.compile(r"/containers/([^/]+)"), ("cntr_",)),
    (re.compile(r"/containers/[^/]+/files/([^/]+)"), ("cfile_",)),
    (re.compile(r"(?<!/containers)/(?:v1|openai)/files/([^/]+)"), ("file-", "assistant-")),
    (re.compile(r"/batches/([^/]+)"), ("batch_",)),
    (re.compile(r"/fine_tuning/jobs/([^/]+)"), ("ftjob-", "ft-")),
    (re.compile(r"/vector_stores/([^/]+)"), ("vs_",)),
    (re.compile(r"/skills/([^/]+)"), ("skill_",)),
)
"""Which family of ids belongs at which place of the vendors' paths."""


def family_of(value: str) -> Family | None:
    """The family of an id; the longest beginning that fits counts."""
    fitting = [one for one in FAMILIES if value.startswith(one.prefix) and len(value) > len(one.prefix)]
    return max(fitting, key=lambda one: len(one.prefix), default=None)


def unserved(value: str) -> Family | None:
    """The family of an id without a file of its own; None for every other id."""
    found = family_of(value)
    return found if found and found.instead else None


def nearest(value: str, others: tuple[str, ...]) -> str | None:
    """Another id that differs from this one as a slip of a pen does: one character, two swapped, the case of its letters.

    So does one that was cut short or has something glued to it, if no other one begins alike.
    """
    slips = [one for one in others if one != value and len(value) > 7 and _is_slip(value, one)]
    alike = [one for one in others if one != value and len(min(one, value, key=len)) > 15 and (one in value or value in one)]
    return slips[0] if slips else alike[0] if len(alike) == 1 else None


def _is_slip(one: str, other: str) -> bool:
    """Whether two texts are one edit apart (Damerau), or two of the easily mistaken characters (O and 0, l and 1)."""
    if abs(len(one) - len(other)) > 1:
        return False
    if one.translate(_ALIKE) == other.translate(_ALIKE) or one.lower() == other.lower():
        return True
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    is_swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or is_swapped


_ALIKE = str.maketrans("0O1lI", "OOIII")
