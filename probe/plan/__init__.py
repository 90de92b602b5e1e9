"""Catalogue x targets -> the probes to send, and the further ones that an answer makes worth sending.

`expand` makes the first plan; `bind`, `links` and `controls` are pure functions over what was seen so far that name the next round.
"""

from probe.plan.controls import controls, models_probe
from probe.plan.expand import Scope, expand, ids_in
from probe.plan.follow import bind, leftovers, links, reauthorise, spared

__all__ = [
    "Scope", "bind", "controls", "expand", "ids_in", "leftovers", "links", "models_probe", "reauthorise", "spared",
]  # fmt: skip
