"""The status words of all services in one vocabulary: pending, ready, failed, expired."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.facts.glossary import glossed

STATES = {
    "pending": "preprocessing queued queueing in_queue running processing in_progress validating validating_files finalizing "
    "cancelling canceling cancellation_requested not_running not_start not_started pending uploaded submitted starting started "
    "created waiting generating rendering preparing initializing scheduled working suspended throttled retrying dreaming staged "
    "enqueued queuing received accepted assigned dispatched loading booting fetching uploading executing ongoing wait delayed "
    "deferred retry stalled paused pausing resuming on_hold in_review moderating encoding transcoding upscaling postprocessing "
    "saving storing exporting completing",
    "ready": "succeeded succeed success successful completed complete processed done finished ready ended "
    "ready_for_download completed_with_errors completed_with_warnings partially_completed partially_succeeded partial_success "
    "成功 完成 已完成 生成成功",
    "failed": "failed fail failure cancelled canceled error errored incomplete rejected timeout timed_out timeout_exceeded aborted "
    "stopped terminated killed crashed interrupted blocked denied declined revoked exception content_filtered moderated nsfw "
    "失败 已失败 生成失败 已取消 超时",
    "expired": "expired deleted deleting purged removed gone is_deleted is_expired",
}
"""Words of official descriptions, of services that clone their APIs and of job queues behind them; a kind's own words go before."""


@lru_cache(maxsize=1024)
def plain(word: str) -> str:
    """A word as it is compared: `IN_PROGRESS`, `in-progress` and `In Progress` are one, `TASK_STATUS_SUCCEED` is `succeed`."""
    return re.sub(r"[\W_]", "", re.sub(r"^(?:[a-z]+_)*(?:status|state)_", "", word.lower()))


_WORDS = {plain(word): state for state, words in STATES.items() for word in words.split()}
_LONGEST = 64


def meaning(word: str) -> str | None:
    """What a status word means at any service; None for an unknown word, and for a text, of which nothing is looked at or kept."""
    if len(word) > _LONGEST:
        return None
    known = "pending" if "=" in word else _WORDS.get(plain(word))  # a flag, `done=false`; no server's word has that sign
    if known is not None or word.isascii():
        return known
    english = glossed(word.lower().replace("_", " "))
    return "pending" if "not ready yet" in english else "expired" if "expired" in english else None
