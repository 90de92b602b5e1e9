"""Every code and its page, and the document that is made of them."""

from __future__ import annotations

from collections.abc import Mapping

from probe.verdict.pages import Explanation, auth, jobs, network, routes, scan, success

CHAPTERS: tuple[tuple[str, Mapping[str, Explanation]], ...] = (
    ("Good answers", success.PAGES),
    ("Routes, api-versions and ids", routes.PAGES),
    ("Jobs, expiry, retirement and blob storage", jobs.PAGES),
    ("Credentials and permissions", auth.PAGES),
    ("Network, limits and servers", network.PAGES),
    ("The scan as a whole", scan.PAGES),
)

EXPLANATIONS: Mapping[str, Explanation] = {code: page for _title, pages in CHAPTERS for code, page in pages.items()}


def explain_markdown() -> str:
    """Write all pages as one Markdown document, docs/diagnoses.md."""
    lines = ["# Diagnoses", "", "Every code that a verdict or a finding can have. `probe explain CODE` prints the same text."]
    for title, pages in CHAPTERS:
        lines += ["", f"## {title}"]
        for code, page in pages.items():
            lines += ["", f"### `{code}`: {page.title}", "", f"**How it is decided.** {page.how_decided}", ""]
            lines += [f"**What looks the same.** {page.lookalikes}", "", f"**What to do.** {page.what_to_do}"]
    return "\n".join(lines) + "\n"
