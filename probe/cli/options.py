"""The options that several commands share, and what they are turned into."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from probe.errors import UsageError
from probe.language import LANGUAGES
from probe.model import Limits
from probe.providers.registry import PROVIDERS

if TYPE_CHECKING:
    from probe.model import Catalogue, Target
    from probe.transport import TransportOptions

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Duration(click.ParamType[float]):
    """A duration in seconds, or with a unit: `90`, `90s`, `5m`, `1h`."""

    name = "duration"

    def __init__(self, *, may_be_zero: bool = True) -> None:
        self.may_be_zero = may_be_zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into seconds."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?", str(value).strip())
        if not found:
            self.fail(f"{value!r} is not a duration; write 30, 30s, 5m or 1h", param, ctx)
        seconds = float(found.group(1)) * _UNITS[found.group(2) or "s"]
        if not seconds and not self.may_be_zero:
            self.fail("0 would end everything before it begins; write 30, 30s or 5m", param, ctx)
        return seconds


class Rate(click.ParamType[float]):
    """Requests a second: `20` or `20/s`."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into requests a second."""
        if isinstance(value, int | float):
            return float(value)
        found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)(?:/s)?", str(value).strip())
        if not found or float(found.group(1)) <= 0:
            self.fail(f"{value!r} is not a rate; write 20 or 20/s", param, ctx)
        return float(found.group(1))


class Size(click.ParamType[int]):
    """A size in bytes: `4096`, `64k`, `1M`."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Turn the text into bytes."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d{1,12})\s*([kKmM])?(?:i?[bB])?", str(value).strip())
        if not found or int(found.group(1)) == 0:
            self.fail(f"{value!r} is not a size; write 4096, 64k or 1M", param, ctx)
        return int(found.group(1)) * {"k": 1024, "m": 1024**2}.get((found.group(2) or "").lower(), 1)


_DEFAULTS = Limits()
_NAMES = ", ".join(PROVIDERS)
_TARGETS = (
    click.option(
        "--target", "targets", multiple=True, metavar="NAME=URL", help="Target to scan (repeatable). Default: from the environment."
    ),
    click.option(
        "--provider",
        "providers",
        multiple=True,
        metavar="NAME",
        help=f"Provider ({_NAMES}): one for all, or one a target.",
    ),
    click.option(
        "--key-env",
        "key_variables",
        multiple=True,
        metavar="VAR",
        help="Variable that holds the key: one for all, or one a target.",
    ),
    click.option("--token-env", "token_variable", metavar="VAR", help="Variable that holds an Entra token."),
    click.option("--storage-token-env", "storage_variable", metavar="VAR", help="Variable with an Entra token for blob storage."),
    click.option("--entra", "use_entra", is_flag=True, help="Get an Entra token through azure-identity (extra `entra`)."),
    click.option(
        "--targets", "targets_file", type=click.Path(path_type=Path), metavar="FILE", help="YAML list of targets, for a fleet."
    ),
    click.option(
        "--trust",
        "trusted",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Let this file decide where a credential goes (repeatable).",
    ),
    click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Extra header for the targets."),
    click.option(
        "--id", "ids", multiple=True, metavar="[NAME=]VALUE", help="A known id (task_..., gen_..., file-..., ...; repeatable)."
    ),
    click.option(
        "--catalogue",
        "--catalog",
        "catalogues",
        multiple=True,
        metavar="FILE",
        help="Catalogue to use instead of the built-in one; repeat to add, `default` is the built-in.",
    ),
)
_TRANSPORT = (
    click.option("-x", "--proxy", metavar="URL", help="Proxy to use. Default: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY."),
    click.option("--cacert", type=click.Path(path_type=Path), metavar="FILE", help="CA certificates instead of the system's."),
    click.option("--cert", type=click.Path(path_type=Path), metavar="FILE", help="Client certificate."),
    click.option(
        "--key", "client_key", type=click.Path(path_type=Path), metavar="FILE", help="Private key of the client certificate."
    ),
    click.option("-k", "--insecure", is_flag=True, help="Do not verify TLS certificates; every report says so."),
    click.option("--resolve", multiple=True, metavar="HOST:PORT:ADDR", help="Connect to this address for a host (repeatable)."),
    click.option("-4", "--ipv4", is_flag=True, help="IPv4 addresses only."),
    click.option("-6", "--ipv6", is_flag=True, help="IPv6 addresses only."),
    click.option(
        "--timeout",
        type=Duration(may_be_zero=False),
        default=_DEFAULTS.timeout,
        show_default=True,
        help="Total time of one attempt.",
    ),
    click.option(
        "--connect-timeout",
        type=Duration(may_be_zero=False),
        default=_DEFAULTS.connect_timeout,
        show_default=True,
        help="Time to connect.",
    ),
    click.option(
        "--silence-timeout",
        type=Duration(may_be_zero=False),
        default=_DEFAULTS.silence_timeout,
        show_default=True,
        help="Longest pause between bytes.",
    ),
)
_LIMITS = (
    click.option(
        "-c",
        "--concurrency",
        type=click.IntRange(1, 256),
        default=_DEFAULTS.concurrency,
        show_default=True,
        help="Requests in parallel.",
    ),
    click.option(
        "--rate-limit", type=Rate(), default=_DEFAULTS.rate_limit, show_default=True, help="Requests per second and host."
    ),
    click.option(
        "--retries",
        type=click.IntRange(0, 10),
        default=_DEFAULTS.retries,
        show_default=True,
        help="Further attempts after a failure.",
    ),
    click.option(
        "--max-wait", type=Duration(), default=_DEFAULTS.max_wait, show_default=True, help="Longest Retry-After to wait for."
    ),
    click.option(
        "--max-requests",
        type=click.IntRange(1, 100_000),
        default=_DEFAULTS.max_requests,
        show_default=True,
        help="Most requests of a scan.",
    ),
    click.option(
        "--max-time",
        type=Duration(may_be_zero=False),
        default=_DEFAULTS.max_time,
        show_default=True,
        help="Time of the whole scan.",
    ),
    click.option(
        "--max-body", type=Size(), default=_DEFAULTS.max_body, show_default=True, help="Bytes to read of a JSON response."
    ),
    click.option(
        "--max-artefact", type=Size(), default=_DEFAULTS.max_artefact, show_default=True, help="Bytes to read of an artefact."
    ),
    click.option(
        "--max-decompressed", type=Size(), default=_DEFAULTS.max_decompressed, show_default=True, help="Bytes after decompression."
    ),
    click.option(
        "--max-header-bytes", type=Size(), default=_DEFAULTS.max_header_bytes, show_default=True, help="Bytes of response headers."
    ),
    click.option(
        "--max-header-count",
        type=click.IntRange(1),
        default=_DEFAULTS.max_header_count,
        show_default=True,
        help="Response headers to accept.",
    ),
    click.option(
        "--max-informational",
        type=click.IntRange(0),
        default=_DEFAULTS.max_informational,
        show_default=True,
        help="1xx responses to accept.",
    ),
    click.option(
        "--max-redirects",
        type=click.IntRange(0),
        default=_DEFAULTS.max_redirects,
        show_default=True,
        help="Redirects to follow in a row.",
    ),
    click.option(
        "--max-json-depth", type=click.IntRange(1, 900), default=_DEFAULTS.max_json_depth, show_default=True, help="Levels of JSON."
    ),
    click.option(
        "--max-json-paths",
        type=click.IntRange(1),
        default=_DEFAULTS.max_json_paths,
        show_default=True,
        help="Key paths to record of a response.",
    ),
    click.option(
        "--max-links", type=click.IntRange(1), default=_DEFAULTS.max_links, show_default=True, help="Links to record of a response."
    ),
)


_SHORT = {"md": "markdown", "htm": "html"}


def _format_names(_ctx: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split `md,html` and write short names out."""
    names = [name.strip().lower() for value in values for name in value.split(",")]
    return tuple(dict.fromkeys(_SHORT.get(name, name) for name in names if name))


def format_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`-f/--format`, repeatable or comma-separated; `what` says what stands in for it."""
    return click.option(
        "-f",
        "--format",
        "formats",
        multiple=True,
        metavar="NAME,...",
        callback=_format_names,
        help=f"Report formats; default: {what}.",
    )


anonymise_option = click.option(
    "--anonymise", "--anonymize", "anonymise", is_flag=True, help="Replace hosts, names and ids by pseudonyms in every report."
)
artefact_option = click.option(
    "--artefact", "--artifact", "artefacts", multiple=True, metavar="KIND", help="Only this kind of artefact (repeatable)."
)


def lang_option(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--lang`, for what the command writes."""
    return click.option("--lang", envvar="PROBE_LANG", type=click.Choice(LANGUAGES), default="en", help=f"Language of the {what}.")


def _add(options: tuple[Callable[..., Any], ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return lambda command: functools.reduce(lambda made, option: option(made), reversed(options), command)


target_options = _add(_TARGETS)
transport_options = _add(_TRANSPORT)
limit_options = _add(_LIMITS)


def make_limits(values: Mapping[str, Any]) -> Limits:
    """Pick the limits out of a command's values."""
    return Limits(**{name: values[name] for name in Limits.__dataclass_fields__ if name in values})


def make_transport(values: Mapping[str, Any], env: Mapping[str, str], targets: Iterable[Target]) -> TransportOptions:
    """Make the transport's options; an invalid proxy or a missing file is refused before anything is made or sent."""
    from probe.transport import TransportOptions, check

    if values["ipv4"] and values["ipv6"]:
        raise UsageError("-4 and -6: only one of them", hint="leave both out to use either")
    for option, file in (("--cacert", values["cacert"]), ("--cert", values["cert"]), ("--key", values["client_key"])):
        if file is not None and not file.is_file():
            if option == "--key" and len(str(file)) >= 16 and not file.suffix:
                raise UsageError(
                    "--key: this is not a file",
                    hint="--key is the key file of --cert; put an API key into a variable and name that with --key-env",
                )
            raise UsageError(f"{option}: {str(file)!r} is not a file", hint="name a PEM file")
    options = TransportOptions(
        proxy=values["proxy"],
        environment=env,
        ca_file=_text(values["cacert"]),
        client_cert=_text(values["cert"]),
        client_key=_text(values["client_key"]),
        insecure=values["insecure"],
        resolve=tuple(_resolve(text) for text in values["resolve"]),
        family=4 if values["ipv4"] else 6 if values["ipv6"] else 0,
    )
    check(options, [target.base_url for target in targets])
    return options


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _resolve(text: str) -> tuple[str, int, str]:
    """Read curl's `HOST:PORT:ADDRESS`."""
    import ipaddress

    host, _, rest = text.partition(":")
    port, _, address = rest.partition(":")
    try:
        return host, int(port), str(ipaddress.ip_address(address.strip("[]")))
    except ValueError:
        raise UsageError(
            f"--resolve {text!r}: not HOST:PORT:ADDRESS", hint="--resolve contoso.openai.azure.com:443:10.1.2.3"
        ) from None


def load_catalogue(names: tuple[str, ...]) -> Catalogue:
    """Load the catalogues that the user named, the shipped one without any."""
    from probe.catalogue import load

    return load(names or ("default",))
