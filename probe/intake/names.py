"""Names that people give to values in code, configuration and environments, and what each stands for."""

from __future__ import annotations

import re
from functools import lru_cache

from probe.model import IdName

HTTP = r"(?:20[0-46]|30[12378]|40[0-9]|41[0-8]|42[1-9]|431|451|50[0-4]|52[0-6])"
"""A status that services send, as a pattern: other numbers of three digits count something else."""
FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (field, re.compile(pattern, re.IGNORECASE))
    for field, pattern in (
        (
            "api_version",
            r"(?:.*_|.*)?api[-_]?ver(?:sion)?|(?:azure_?openai_?)?(?:api)?serviceversion|azure_?openai_?version"
            r"|openai_?version|version",
        ),
        (
            "deployment",
            r"(?:.*[._:]|azure_?(?:openai)?_?(?:api)?_?|openai_?(?:api)?_?|.*)deployment(?:_?(?:name|id))?|engine"
            r"|model_?deployment(?:_?name)?|deploymentOrModel(?:Name|Id)",
        ),
        ("instance", r"azure_?openai_?api_?instance_?name|azure_?openai_?(?:resource|instance)_?name|(?:instance|resource)_?name"),
        (
            "base_url",
            r"(?:.*[._:])?(?:azure_?|openai_?|azure_?openai_?|api_?|foundry_?|project_?|gateway_?)*(?:end_?point"
            r"|base_?(?:url|path|uri)|api_?base(?:_?url)?|base|host|url|uri)",
        ),
    )
)


@lru_cache(maxsize=4096)
def field_of(name: str) -> str | None:
    """Tell which field of a case a name stands for; None for any other name."""
    plain = name.strip("$-\"'").rpartition(":")[2] if name.lower().startswith("$env:") else name.strip("$-\"'")
    plain = plain.replace("-", "_").rpartition(".")[2]
    for field, pattern in FIELDS:
        if pattern.fullmatch(plain):
            return field
    return None


@lru_cache(maxsize=4096)
def words(name: str) -> str:
    """Fold a name so that `generationId`, `generation_id` and `$GenerationID` are one."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


ID_ALIASES = {
    "genid": "generation_id",
    "generation": "generation_id",
    "gen": "generation_id",
    "taskid": "job_id",
    "task": "job_id",
    "job": "job_id",
    "video": "video_id",
    "batch": "batch_id",
    "file": "file_id",
    "thread": "thread_id",
    "container": "container_id",
    "finetuningjobid": "finetune_job_id",
    "finetunejobid": "finetune_job_id",
    "vectorstore": "vector_store_id",
    "outputfileid": "output_file_id",
    "errorfileid": "error_file_id",
    "resultfiles": "result_file_id",
    "runid": "eval_run_id",
}
"""Names of ids as people write them (folded), and the catalogue's name."""


RESULTS = ("output_file_id", "error_file_id", "result_file_id")
"""Ids whose names say more than the prefix of their value, which is any file's."""


@lru_cache(maxsize=4)
def id_names(ids: tuple[IdName, ...]) -> dict[str, str]:
    """Map the folded names of ids, the catalogue's and people's own, to the catalogue's."""
    return {words(one.name): one.name for one in ids} | ID_ALIASES


NO_PRODUCT = frozenset((
    "modelname", "modelversion", "inputfileid", "trainingfile", "validationfile", "parentid", "previousresponseid",
    "operationparentid",
))  # fmt: skip
"""Names of ids that a case mentions but that name no artefact of it."""
