"""What one diagnosis code is: its record, who has to act, and the tails that several records share."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial

from probe.frozen import Frozen, field
from probe.model import Outcome, Pairs

DOCTOR = "`probe doctor` shows at which step it ends."


class Owner(StrEnum):
    """Who has to act so that the request can work."""

    CALLER = "caller"
    GATEWAY = "gateway-operator"
    NETWORK = "network"
    VENDOR = "vendor"
    STORAGE = "storage-owner"


class Record(Frozen, kw_only=True):
    """Everything that is told about a code. Templates are English, with `{names}` of values that the rule gives.

    `variants` are other wordings of summary and remedy by name; "" keeps the default one. `tails` are (value, template): each
    is appended to the summary where the rule gave that value. `outcome` is the default; a rule may say another one. The last three
    are the page of `probe explain`; what is to be done stands there only where the remedy does not say it without a case.
    """

    title: str
    outcome: Outcome
    owner: Owner | None = Owner.CALLER
    summary: str
    remedy: str = ""
    variants: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tails: Pairs = ()
    how_decided: str
    lookalikes: str
    what_to_do: str = ""

    @property
    def advice(self) -> tuple[str, ...]:
        """What the page says is to be done, sentence by sentence."""
        told = self.what_to_do or self.remedy
        return (told, DOCTOR) if self.outcome is Outcome.UNREACHABLE and "probe doctor" not in told else (told,)

    def wording(self, variant: str) -> tuple[str, str]:
        """The templates of summary and remedy in a variant."""
        summary, remedy = self.variants[variant] if variant else ("", "")
        return summary or self.summary, remedy or self.remedy


Records = Mapping[str, Record]

denied = partial(Record, outcome=Outcome.DENIED)
inconclusive = partial(Record, outcome=Outcome.INCONCLUSIVE)
metadata_only = partial(Record, outcome=Outcome.METADATA_ONLY)
not_found = partial(Record, outcome=Outcome.NOT_FOUND)
server_error = partial(Record, outcome=Outcome.SERVER_ERROR)
throttled = partial(Record, outcome=Outcome.THROTTLED)
unreachable = partial(Record, outcome=Outcome.UNREACHABLE)

SAID = ("said", ': "{said}"')
SAME_PATH = ("made_up_path", "; a made-up path gets the same response")
RETIRED = (("retired", "; {title} is listed as retired"), ("day", " since {day}"), ("source", " (source: {source})"))
WRONG_VERSION = (("known_wrong", "; {known_wrong}"), ("never_was", "; {version} was never an api-version of this API"))
OFF = (
    "{target} says that the service there is off or gone ({status})",
    "Check the host name, then ask its operator to start the service.",
)
PAGE = ("page", ': "{page}"')
CLAIMED = ("claimed", "; Content-Type claims {claimed}")
