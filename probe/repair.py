"""The request that works in place of a pasted one, where the catalogue alone knows it, and the SDK call that sends it."""

from __future__ import annotations

from collections.abc import Mapping

from probe.facts.urls import version_of
from probe.frozen import Frozen
from probe.model import Catalogue, Endpoint, RawUrl, Role, Target
from probe.plan.urls import build
from probe.providers import provider
from probe.view import sdk


class Repair(Frozen):
    """The right request, and the code that sends it by the SDK of the paste's language ("" where it is no code)."""

    method: str
    url: str
    sdk: str = ""


def repair(
    catalogue: Catalogue, target: Target[RawUrl], wrong: Endpoint, url: str, ids: Mapping[str, str], language: str
) -> Repair | None:
    """Give what to ask instead of `url`, which is `wrong`: the route that it stands for, or its own at a version that it has.

    None where the request is right as it stands, or where the paste does not tell every id of the right one.
    """
    right = next((one for one in catalogue.endpoints if one.id == wrong.instead), wrong)
    versions = right.api_versions or (None,)
    if right is wrong and (wrong.instead or version_of(url) in versions):
        return None
    made = build(target.base_url, right, ids, versions[0])
    if "{" in made or made == url:
        return None
    name = next(reversed([*ids.values()]), "file")
    output = f"{name}{'.mp4' if 'video' in right.artefact else '.bin'}" if right.role is Role.DOWNLOAD else None
    variable = next(iter(provider(target.provider).key_variables), "API_KEY")
    return Repair(right.method, made, sdk.call(made, language, variable, output) if right.method == "GET" else "")
