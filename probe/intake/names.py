"""Names that people give to values in code, configuration and environments, and what each stands for."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.model import IdName

HTTP = r"(?:20[0-46]|30[12378]|40[0-9]|41[0-8]|42[1-9]|431|451|50[0-4]|52[0-6])"
"""A status that services send, as a pattern: other numbers of three digits count something else."""
_FIELDS = {
    "api_version": re.compile(r"(?i).{0,80}api_?ver(?:sion)?|(?:(?:azure_?)?openai_?)?(?:(?:api)?service)?version"),
    "deployment": re.compile(r"(?i).{0,80}deployment(?:_?(?:name|id))?|engine|deploymentOrModel(?:Name|Id)"),
    "instance": re.compile(r"(?i)(?:azure_?openai_?)?(?:resource|instance)_?name|azure_?openai_?api_?instance_?name"),
    "base_url": re.compile(
        r"(?i)(?:.{0,80}[_:])?(?:azure_?|openai_?|api_?|foundry_?|project_?|gateway_?){0,6}"
        r"(?:end_?point|base_?(?:url|path|uri)|api_?base(?:_?url)?|base|host|url|uri)"
    ),
}
"""The fields of a case, and the names that people give them (written with `_`, without what stands before a dot)."""


@lru_cache(maxsize=4096)
def field_of(name: str) -> str | None:
    """Tell which field of a case a name stands for; None for any other name."""
    plain = name.strip("$-\"'").rpartition(":")[2] if name.lower().startswith("$env:") else name.strip("$-\"'")
    plain = plain.replace("-", "_").rpartition(".")[2]
    return next((field for field, pattern in _FIELDS.items() if pattern.fullmatch(plain)), None)


@lru_cache(maxsize=4096)
def words(name: str) -> str:
    """Fold a name so that `generationId`, `generation_id` and `$GenerationID` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_ALIASES = {
    "generation_id": "genid generation gen",
    "job_id": "taskid task job",
    "video_id": "video",
    "batch_id": "batch",
    "file_id": "file",
    "thread_id": "thread",
    "container_id": "container",
    "finetune_job_id": "finetuningjobid finetunejobid",
    "vector_store_id": "vectorstore",
    "output_file_id": "outputfileid",
    "error_file_id": "errorfileid",
    "result_file_id": "resultfiles",
    "eval_run_id": "runid",
}
"""The catalogue's names of ids, and how else people write them (folded)."""


RESULTS = ("output_file_id", "error_file_id", "result_file_id")
"""Ids whose names say more than the prefix of their value, which is any file's."""


@lru_cache(maxsize=4)
def id_names(ids: tuple[IdName, ...]) -> dict[str, str]:
    """Map the folded names of ids, the catalogue's and people's own, to the catalogue's."""
    return {words(one.name): one.name for one in ids} | {one: name for name, others in _ALIASES.items() for one in others.split()}


NO_PRODUCT = frozenset((
    "modelname", "modelversion", "inputfileid", "trainingfile", "validationfile", "parentid", "previousresponseid",
    "operationparentid",
))  # fmt: skip
"""Names of ids that a case mentions but that name no artefact of it."""
