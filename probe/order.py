"""What a scan is asked to do: all that a dry run needs, and nothing of what sends, judges or writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from probe.model import Catalogue, Note, Pairs, RawUrl, Target
from probe.plan import Scope
from probe.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.model import Probe
    from probe.runner import Runner
    from probe.transport import TransportOptions


@dataclass(frozen=True)
class ScanOrder:
    """Everything that a scan is asked to do.

    `secrets` (variable names to values) and `headers` (target names to raw extra headers) never leave memory. `name` names the run.
    `networks` are the options that targets have for themselves, by name.
    `is_url_typed` says that the user gave the failing URL in this invocation; one that a file remembers is not asked on a foreign
    origin.
    """

    catalogue: Catalogue
    targets: tuple[Target[RawUrl], ...]
    scope: Scope
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, Pairs] = field(default_factory=dict, repr=False)
    options: TransportOptions | None = None
    networks: Mapping[str, TransportOptions] = field(default_factory=dict)
    root: Path = Path("reports")
    wait: float = 0.0
    notes: tuple[Note | str, ...] = ()
    name: str = ""
    is_url_typed: bool = True

    @property
    def max_requests(self) -> int:
        """The most requests of the whole scan: the budgets that targets have for themselves, and that of all others together."""
        own = [target.limits.max_requests for target in self.targets]
        return sum(count for count in own if count is not None) + (self.scope.limits.max_requests if None in own else 0)

    def options_of(self, target: str) -> TransportOptions | None:
        """How a target is reached: by options of its own, or by those of the scan."""
        return self.networks.get(target, self.options)

    def redactor(self) -> Redactor:
        """Make what masks every secret that this order knows: keys, extra headers, the failing URL's."""
        return Redactor.of(self.secrets, self.headers, self.scope.failing_url)

    def runner(
        self,
        redactor: Redactor,
        *,
        sent: Mapping[str, int] = MappingProxyType({}),
        billing: Callable[[Probe[RawUrl]], None] | None = None,
    ) -> Runner:
        """Make what sends it; `sent` counts by target the requests that an earlier part of the scan used up.

        `billing` gets each request that may be billed right before it goes out.
        """
        from probe.runner import Runner

        return Runner(
            limits=self.scope.limits,
            options=self.options,
            networks=self.networks,
            redactor=redactor,
            secrets=self.secrets,
            targets=self.targets,
            endpoints={endpoint.id: endpoint for endpoint in self.catalogue.endpoints},
            artefacts={artefact.name: artefact for artefact in self.catalogue.artefacts},
            target_headers=self.headers,
            sent=sent,
            billing=billing,
            allow_billable=self.scope.allow_billable,
            failing_url=self.scope.failing_url or "",
            allow_post=self.scope.allow_post,
        )


__all__ = ["ScanOrder", "Scope"]
