"""`probe scan`: plan, send, judge, write the reports, and say the answer."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from probe.cli.options import (
    Duration,
    anonymise_option,
    artefact_option,
    format_option,
    lang_option,
    limit_options,
    load_catalogue,
    make_limits,
    make_transport,
    target_options,
    transport_options,
)
from probe.cli.pasted import described, is_pasted_url, notes_of, place_of_url, take_paste
from probe.cli.resume import is_finished, resume_command, resumed_order, shell_words
from probe.cli.show import print_plan, print_report, progress, talk
from probe.cli.texts import unquoted
from probe.errors import ExitCode, RunError, UsageError
from probe.model import Answer

if TYPE_CHECKING:
    from probe.model import Catalogue, Report
    from probe.pipeline import Order, Scan

EXIT_CODES = {Answer.WORKS: ExitCode.OK, Answer.NONE: ExitCode.NONE_WORKS, Answer.UNDECIDED: ExitCode.UNDECIDED}


@click.command()
@click.argument("paste", required=False)
@target_options
@click.option(
    "--failing-url",
    metavar="URL",
    callback=lambda _context, _option, value: unquoted(value) if value else None,
    help="The failing URL: requested too, and the base of the smallest change.",
)
@artefact_option
@click.option("--only", multiple=True, metavar="GLOB", help="Only endpoints whose id or path matches (repeatable).")
@click.option(
    "--api-version", "api_versions", multiple=True, metavar="V", help="Only this api-version (`none`: without; repeatable)."
)
@click.option("--all-versions", is_flag=True, help="Try every published api-version, not only the likely ones.")
@click.option("--dry-run", is_flag=True, help="Print the whole plan with counts and costs; send nothing.")
@click.option("--allow-billable", is_flag=True, help="Also send requests that create something and may be billed.")
@click.option(
    "--allow-post",
    multiple=True,
    type=click.Choice(["reads", "credentials"]),
    help="Also send a POST that creates nothing: a status asked by POST, or a request for a temporary link (repeatable).",
)
@click.option("--wait", type=Duration(), default=0.0, help="Poll unfinished jobs for up to DURATION.")
@limit_options
@transport_options
@format_option("markdown, html, json, csv, har")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="Folder of the runs."
)
@click.option("--json", "as_json", is_flag=True, help="Print report.json to standard output.")
@click.option("--bundle", is_flag=True, help="Also write one zip for the ticket.")
@anonymise_option
@click.option(
    "--mapping", type=click.Path(path_type=Path), metavar="FILE", help="With --anonymise: write the pseudonyms' meanings here."
)
@lang_option("reports")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Resume an interrupted run; sends only missing requests.",
)
@click.option("--all", "show_all", is_flag=True, help="Show every request in the terminal.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the answer.")
@click.option("-v", "--verbose", is_flag=True, help="Log each request.")
@click.option("--no-color", is_flag=True, help="Print without colour.")
def scan(**values: Any) -> None:
    """Find the working download route, and say why the others fail.

    PASTE is what you have: a URL, a curl line, an SDK error, code, a HAR; text, a file, or `-` for standard input. Target, failing
    URL, ids and api-version are taken from it; options overrule. Without it they come from options and environment.

    Only GET and HEAD are sent, unless --allow-billable or --allow-post is given. Exit code: 0 a download was proved, 1 none
    works, 2 wrong input, 3 undecided.
    """
    from probe.diagnoses import tell
    from probe.language import use_language

    use_language(values["lang"])
    check_formats(values["formats"])
    check_mapping(values)
    take_paste(values)
    if values["resume"] and is_finished(values):
        raise SystemExit(say_finished(values))
    order = resumed_order(values, new_order) if values["resume"] else new_order(values)
    for note in order.redactor().notes:
        talk(f"warning: {tell(note)}", values)
    if values["dry_run"]:
        print_plan(order, values)
        return
    raise SystemExit(run_scan(order, values))


def check_formats(names: tuple[str, ...]) -> None:
    """Refuse an unknown format before anything is sent."""
    from probe.formats import FORMATS

    for name in names:
        FORMATS.load(name)


def new_order(values: dict[str, Any]) -> Order:
    """Turn the options into an order; every mistake is found before anything is sent."""
    catalogue = load_catalogue(values["catalogues"])
    return make_order(values, catalogue)


def make_order(values: dict[str, Any], catalogue: Catalogue, **changes: Any) -> Order:
    """Choose targets and limits for a catalogue."""
    from probe.cli.targets import choose, environment
    from probe.pipeline import Order, Scope

    env = environment()
    chosen = choose(make_wish(values), env, catalogue.artefacts)
    for warning in chosen.warnings:
        talk(f"warning: {warning}", values)
    if values["insecure"]:
        talk("warning: certificates are not checked (-k): whoever sits in between can read the key", values)
    kinds = {artefact.name for artefact in catalogue.artefacts}
    for kind in values.get("artefacts", ()):
        if kind not in kinds:
            raise UsageError(f"--artefact {kind!r}: no such kind", hint="known: " + ", ".join(sorted(kinds)))
    scope = changes.pop("scope", None) or Scope(
        artefacts=values.get("artefacts", ()),
        only=values.get("only", ()),
        api_versions=tuple(None if one == "none" else one for one in values.get("api_versions", ())),
        all_versions=values.get("all_versions", False),
        allow_billable=values.get("allow_billable", False),
        allow_post=tuple(values.get("allow_post", ())),
        failing_url=values.get("failing_url"),
        limits=make_limits(values),
    )
    targets = changes.pop("targets", None) or chosen.targets
    return Order(
        catalogue=catalogue,
        targets=targets,
        scope=scope,
        secrets=chosen.secrets,
        headers=chosen.headers,
        options=make_transport(values, env, targets),
        root=values.get("output", Path("reports")),
        name="anonymised" if values.get("anonymise") else "",
        wait=values.get("wait", 0.0),
        notes=(*catalogue.notes, *chosen.notes, *notes_of(values.get("case"))),
        is_url_typed=not is_pasted_url(values),
    )


def make_wish(values: dict[str, Any]) -> Any:
    """Pick what the user said about targets."""
    from probe.cli.targets import Wish

    return Wish(
        targets=values["targets"],
        providers=values["providers"],
        key_variables=values["key_variables"],
        token_variable=values["token_variable"],
        storage_variable=values["storage_variable"],
        use_entra=values["use_entra"],
        ids=values["ids"],
        failing_url=values.get("failing_url"),
        url_place=place_of_url(values),
        pasted=described(values.get("case")),
        headers=values["headers"],
        file=values["targets_file"],
        trusted=values["trusted"],
    )


def say_finished(values: dict[str, Any]) -> int:
    """Show the answer of a finished run instead of sending anything; returns its exit code."""
    from probe.reports import judge_run

    again = shell_words("probe", "report", str(values["resume"]))
    talk(f"this run is finished: nothing is sent. `{again}` writes its reports anew; a new scan asks again", values)
    report = judge_run(values["resume"])
    print_report(report, values, None)
    return int(EXIT_CODES[report.answer])


def run_scan(order: Order, values: dict[str, Any]) -> int:
    """Send, judge, write and print; returns the exit code."""
    from probe.pipeline import Scan

    with progress(values) as watcher:
        scan = Scan.resume(order, values["resume"], watcher) if values["resume"] else Scan.start(order, watcher)
        talk(f"{_spoken_plan(scan)}; the run is kept in {scan.folder.path}", values)
        with _resumable(scan, values), _stopped_by_signals(scan):
            asyncio.run(scan.run())
    with _resumable(scan, values):
        report = finish(scan, values)
    if scan.is_interrupted:
        talk(f"to resume: {resume_command(scan.folder.path, values)}", values)
    return int(ExitCode.INTERRUPTED if scan.is_interrupted else EXIT_CODES[report.answer])


@contextmanager
def _resumable(scan: Scan, values: dict[str, Any]) -> Iterator[None]:
    """Tell how to resume a run whose folder can no longer be written."""
    try:
        yield
    except RunError as error:
        scan.close()
        is_kept = scan.folder.journal.is_file()
        more = f"what is known is in the journal; to resume: {resume_command(scan.folder.path, values)}" if is_kept else ""
        raise RunError(error.message, hint="; ".join(part for part in (error.hint, more) if part)) from error


def _spoken_plan(scan: Scan) -> str:
    """Say what is about to be sent."""
    count = len(scan.probes)
    waiting = sum(bool(probe.needs) for probe in scan.probes.values())
    billable = [probe for probe in scan.probes.values() if probe.billable]
    costs = "; ".join(sorted({probe.cost for probe in billable}))
    wait = f" ({waiting} of them wait for an id from an answer)" if waiting else ""
    bill = f"; {len(billable)} may be billed: {costs}" if billable else ""
    return f"{count} requests planned{wait}, plus control requests and links{bill}"


def finish(scan: Scan, values: dict[str, Any]) -> Report:
    """Write the reports and print the answer."""
    from probe.formats import DEFAULT_FORMATS
    from probe.reports import anonymised

    formats = values["formats"] or DEFAULT_FORMATS
    report = scan.report()
    if values["anonymise"]:
        report, mapping = anonymised(report)
        keep_mapping(mapping, values["mapping"])
        talk("journal.jsonl keeps the real names, for --resume: attach the reports or the bundle, never the whole folder", values)
    scan.write(report, [name for name in formats if name != "terminal"], is_bundled=values["bundle"])
    scan.close()
    print_report(report, values, scan.folder.path if "markdown" in formats else None)
    return report


def check_mapping(values: dict[str, Any]) -> None:
    """Refuse a mapping of nothing before anything is sent."""
    if values["mapping"] and not values["anonymise"]:
        raise UsageError("--mapping: nothing is replaced without --anonymise", hint="give both, or leave --mapping out")


def keep_mapping(mapping: Mapping[str, str], path: Path | None) -> None:
    """Write what each pseudonym stands for into a private file of the user's choice."""
    from probe.runs.folder import RunFolder
    from probe.view.escape import document

    if path is not None:
        RunFolder(path.parent).write_private(path, document(dict(mapping)) + "\n")


@contextmanager
def _stopped_by_signals(scan: Scan) -> Iterator[None]:
    """Stop cleanly at the first Ctrl-C, SIGTERM or closed terminal, at once at the second; the journal is kept either way."""
    said = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal said
        said += 1
        if said > 1:
            os._exit(ExitCode.INTERRUPTED)
        with suppress(OSError):
            # Unbuffered: the signal may come while something else is being written, and the terminal may be gone.
            os.write(2, b"\nstopping: what is known is being written; once more stops at once\n")
        scan.stop()

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # What `nohup` told us to ignore stays ignored.
    before = {one: signal.signal(one, stop) for one in numbers if one == signal.SIGINT or signal.getsignal(one) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
