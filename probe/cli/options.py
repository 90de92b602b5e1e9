"""The options that several commands share, as records: an option is one field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from probe.cli import completing
from probe.cli.command import Declared, declare, group, option
from probe.cli.units import Duration, Rate, Size, unquoted
from probe.language import LANGUAGES, use_language
from probe.model import Limits
from probe.providers.registry import PROVIDERS

_SHORT = {"md": "markdown", "htm": "html"}


def _speak(_ctx: click.Context, _option: click.Parameter, name: str) -> str:
    use_language(name)
    return name


def lang_option(what: str) -> Any:
    """`--lang`, for what the command writes; all that is said from then on is in that language."""
    return option(
        heading="Reports" if what == "reports" else "",
        envvar="PROBE_LANG",
        type=click.Choice(LANGUAGES),
        default="en",
        show_default=True,
        callback=_speak,
        help=f"Language of the {what}.",
    )


def catalogues_option(*names: str) -> Any:
    """`--catalogue`, of every command that reads one."""
    text = "Catalogue to use instead of the built-in one; repeat to add, `default` is the built-in."
    return option("--catalogue", *names, metavar="FILE", help=text)


def artefacts_option(heading: str = "") -> Any:
    """`--artefact`, of every command that can leave kinds out."""
    text = "Only this kind of artefact (repeatable)."
    return option("--artefact", "--artifact", heading=heading, metavar="KIND", shell_complete=completing.kinds, help=text)


def url_option(*names: str, **attributes: Any) -> Any:
    """Take a URL, without the quotes and spaces that come along when one is copied."""
    return option(*names, callback=lambda _context, _option, value: unquoted(value) if value else None, **attributes)


def _format_names(_ctx: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split `md,html` and write short names out."""
    names = [name.strip().lower() for value in values for name in value.split(",")]
    return tuple(dict.fromkeys(_SHORT.get(name, name) for name in names if name))


def _limit(name: str, help_text: str, *names: str, kind: Any) -> tuple[str, Declared]:
    """Declare the option of one limit; its default is the limit's own."""
    default = getattr(Limits(), name)
    return name, declare(*names, type=kind, default=default, show_default=True, help=help_text)


_SPAN = Duration(may_be_zero=False)
LIMITS = dict(
    (
        _limit("concurrency", "Requests in parallel.", "-c", kind=click.IntRange(1, 256)),
        _limit("rate_limit", "Requests per second and host.", kind=Rate()),
        _limit("timeout", "Total time of one attempt.", kind=_SPAN),
        _limit("connect_timeout", "Time to connect.", kind=_SPAN),
        _limit("silence_timeout", "Longest pause between bytes.", kind=_SPAN),
        _limit("retries", "Further attempts after a failure.", kind=click.IntRange(0, 10)),
        _limit("max_wait", "Longest Retry-After to wait for.", kind=Duration()),
        _limit("max_requests", "Most requests of a scan.", kind=click.IntRange(1, 1_000_000)),
        _limit("max_time", "Time of the whole scan.", kind=_SPAN),
        _limit("max_body", "Bytes to read of a JSON response.", kind=Size()),
        _limit("max_artefact", "Bytes to read of an artefact.", kind=Size()),
        _limit("max_decompressed", "Bytes after decompression.", kind=Size()),
        _limit("max_header_bytes", "Bytes of response headers.", kind=Size()),
        _limit("max_header_count", "Response headers to accept.", kind=click.IntRange(1)),
        _limit("max_informational", "1xx responses to accept.", kind=click.IntRange(0)),
        _limit("max_redirects", "Redirects to follow in a row.", kind=click.IntRange(0)),
        _limit("max_json_depth", "Levels of JSON.", kind=click.IntRange(1, 900)),
        _limit("max_json_paths", "Key paths to record of a response.", kind=click.IntRange(1)),
        _limit("max_links", "Links to record of a response.", kind=click.IntRange(1)),
    )
)


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """Whom to ask, with which credentials, and what is known already."""

    targets: tuple[str, ...] = option(
        "--target", metavar="NAME=URL", help="Target to scan (repeatable). Default: from the environment."
    )
    providers: tuple[str, ...] = option(
        "--provider",
        metavar="NAME",
        shell_complete=completing.providers,
        help=f"Provider ({', '.join(PROVIDERS)}): one for all, or one per target. Default: inferred from the URL.",
    )
    key_variables: tuple[str, ...] = option(
        "--key-env", metavar="VAR", help="Variable that holds the key: one for all, or one per target. Default: the SDKs' own."
    )
    token_variable: str | None = option(
        "--token-env", metavar="VAR", help="Variable that holds an Entra token. Default: AZURE_OPENAI_AD_TOKEN."
    )
    storage_variable: str | None = option(
        "--storage-token-env", metavar="VAR", help="Variable with an Entra token for blob storage."
    )
    use_entra: bool = option("--entra", help="Get an Entra token through azure-identity (extra `entra`).")
    targets_file: Path | None = option("--targets", metavar="FILE", help="YAML list of targets, for a fleet.")
    trusted: tuple[Path, ...] = option("--trust", metavar="FILE", help="Let this file decide where a credential goes (repeatable).")
    headers: tuple[str, ...] = option("-H", "--header", metavar="'NAME: VALUE'", help="Extra header for the targets.")
    ids: tuple[str, ...] = option("--id", metavar="[NAME=]VALUE", help="A known id (task_..., gen_..., file-..., ...; repeatable).")
    catalogues: tuple[str, ...] = catalogues_option("--catalog")


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How to connect, in curl's words."""

    proxy: str | None = option("-x", metavar="URL", help="Proxy to use. Default: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY.")
    cacert: Path | None = option(metavar="FILE", help="CA certificates instead of the system's.")
    cert: Path | None = option(metavar="FILE", help="Client certificate.")
    client_key: Path | None = option(
        "--key", metavar="FILE", help="Private key of the client certificate. Default: in --cert's file."
    )
    insecure: bool = option("-k", help="Do not verify TLS certificates; every report says so.")
    resolve: tuple[str, ...] = option(metavar="HOST:PORT:ADDR", help="Connect to this address for a host (repeatable).")
    ipv4: bool = option("-4", help="IPv4 addresses only.")
    ipv6: bool = option("-6", help="IPv6 addresses only.")


@dataclass(frozen=True, slots=True)
class SendingOptions:
    """What every command that sends requests is told."""

    target: TargetOptions = group("Target")
    connection: ConnectionOptions = group("Connection")
    limits: Limits = group("Limits", LIMITS)


@dataclass(frozen=True, slots=True)
class ScopeOptions:
    """What a scan is narrowed or widened to."""

    failing_url: str | None = url_option(metavar="URL", help="The failing URL: requested too, and the base of the smallest change.")
    artefacts: tuple[str, ...] = artefacts_option()
    only: tuple[str, ...] = option(
        metavar="GLOB", shell_complete=completing.endpoints, help="Only endpoints whose id or path matches (repeatable)."
    )
    api_versions: tuple[str, ...] = option(
        "--api-version", metavar="V", help="Only this api-version (`none`: without; repeatable)."
    )
    all_versions: bool = option(help="Try every published api-version, not only the likely ones.")
    allow_billable: bool = option(help="Also send requests that create something and may be billed.")
    allow_post: tuple[str, ...] = option(
        type=click.Choice(["reads", "credentials"]),
        help="Also send a POST that creates nothing: a status asked by POST, or a request for a temporary link (repeatable).",
    )
    wait: float = option(type=Duration(), default=0.0, show_default=True, help="Poll unfinished jobs for up to DURATION.")


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What is written, and with which names in it."""

    formats: tuple[str, ...] = option(
        "-f",
        "--format",
        metavar="NAME,...",
        shell_complete=completing.formats,
        callback=_format_names,
        help="Report formats; default: markdown, html, json, csv, har, ticket.",
    )
    bundle: bool = option(help="Also write one zip for the ticket.")
    anonymise: bool = option("--anonymise", "--anonymize", help="Replace hosts, names and ids by pseudonyms in every report.")
    mapping: Path | None = option(metavar="FILE", help="With --anonymise: write the pseudonyms' meanings here.")


@dataclass(frozen=True, slots=True)
class TalkOptions:
    """How much is said to the person."""

    quiet: bool = option("-q", help="Print only the answer.")


@dataclass(frozen=True, slots=True)
class PrintOptions(TalkOptions):
    """What is printed of a report, and how."""

    as_json: bool = option("--json", help="Print report.json to standard output.")
    show_all: bool = option("--all", help="Show every request in the terminal.")
    no_color: bool = option(help="Print without colour.")
