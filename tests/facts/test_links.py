"""Which links of an answer can lead to the artefact, and in which order."""

from __future__ import annotations

import pytest

from probe.facts.links import rank
from probe.model import Link
from tests.each import each


def near(found_in: str, url: str = "https://cdn.example.com/x") -> int | None:
    return rank(Link(url, found_in, same_origin=False))


@each(
    [
        "$.webhook_url",
        "$.callbackUrl",
        "$.webhook.url",
        "$.data.notify_hook",
        "$.urls.cancel",
        "$.delete_url",
        "$.links.next",
        "$.links.self",
        "$.documentation_url",
        "$.docs.url",
        "$.input.image_url",
        "$.input_blob",
        "$.request.callback.href",
        "$.error.url",
        "$.billing_url",
        "$['web-hook']['url']",
        "$.logo",
        'header:Link rel="next"',
        "$.NotificationURL",
    ]
)
def test_what_calls_somebody_pages_or_explains_is_never_followed(found_in: str) -> None:
    assert near(found_in) is None


@pytest.mark.parametrize("host", ["learn.microsoft.com", "aka.ms", "platform.openai.com"])
def test_a_page_of_the_vendor_is_never_followed(host: str) -> None:
    assert near("$.url", f"https://{host}/x") is None


@each(
    [
        "$.video_url",
        "$.content_url",
        "$.data.result_url",
        "$.output[0]",
        "$.output.video_url",
        "$.unsigned_urls[0]",
        "$.data.task_result.videos[0].url",
        "$.content.video_url",
        "$.video.url",
        "$.metadata.url",
        "$.resultUrls[0]",
        "$.output_blob",
        "$.response.generateVideoResponse.generatedSamples[0].video.uri",
    ]
)
def test_links_of_real_services_are_likely(found_in: str) -> None:
    assert near(found_in) in (1, 2, 3)


def test_pointer_headers_come_first_then_named_ones_then_plain_ones_then_by_products() -> None:
    order = ["header:Location", "$.video_url", "$.videos[0].url", "$.url", "$.polling_url", "$.last_frame_url"]
    ranks = [near(one) for one in order]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(order)
