"""A seal on a run: it shows that whoever made the run held the very credentials that would be sent when it is taken up again.

A run folder names hosts, and `--resume` sends credentials there. One that a stranger made must not collect them, and a stranger
cannot make the seal. Nothing of a credential can be read off it: it is salted, and slow to make, against guessing of weak ones.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Mapping

from probe.model import Pairs, Target

_SALT_BYTES = 16


def make_seals(targets: Iterable[Target], secrets: Mapping[str, str], headers: Mapping[str, Pairs]) -> dict[str, str]:
    """Seal each target that gets credentials: its name -> `salt:digest` in hexadecimal, another one each time."""
    return {target.name: _seal(sent, os.urandom(_SALT_BYTES)) for target, sent in _receivers(targets, secrets, headers)}


def unsealed(
    seals: object, targets: Iterable[Target], secrets: Mapping[str, str], headers: Mapping[str, Pairs]
) -> tuple[Target, ...]:
    """Targets that would get credentials although no seal shows that the run's maker held them; `seals` is what a file says."""
    known = seals if isinstance(seals, dict) else {}
    return tuple(target for target, sent in _receivers(targets, secrets, headers) if not _fits(known.get(target.name), sent))


def _receivers(targets: Iterable[Target], secrets: Mapping[str, str], headers: Mapping[str, Pairs]) -> Iterable[tuple[Target, str]]:
    """Each target that gets credentials, with all of them and where they go in one text."""
    for target in targets:
        credentials = sorted((one.variable, secrets[one.variable]) for one in target.credentials)
        extra = sorted(headers.get(target.name, ()))
        if credentials or extra:
            yield target, json.dumps([target.base_url, credentials, extra])


def _fits(seal: object, sent: str) -> bool:
    salt = seal.partition(":")[0] if isinstance(seal, str) else ""
    try:
        return bool(salt) and hmac.compare_digest(_seal(sent, bytes.fromhex(salt)), str(seal))
    except (ValueError, TypeError):
        return False


def _seal(sent: str, salt: bytes) -> str:
    return f"{salt.hex()}:{hashlib.scrypt(sent.encode(), salt=salt, n=4096, r=8, p=1, dklen=32).hex()}"
