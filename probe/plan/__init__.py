"""Catalogue x targets -> the probes to send, and the further ones that an answer makes worth sending.

`expand` makes the first plan; `bind`, `links` and `controls` are pure functions over what was seen so far that name the next round.
"""

from probe.facts.urls import origin
from probe.plan.expand import VARIABLES, Scope, expand, id_names, ids_in
from probe.plan.follow import bind, controls, leftovers, links, models_probe, reauthorise

__all__ = [
    "VARIABLES",
    "Scope",
    "bind",
    "controls",
    "expand",
    "id_names",
    "ids_in",
    "leftovers",
    "links",
    "models_probe",
    "origin",
    "reauthorise",
]
