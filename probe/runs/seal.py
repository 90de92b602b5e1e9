"""A seal on every line of a journal: it shows that the line was written by someone with the credentials of the run.

A run folder comes from anywhere, and `--resume` sends credentials to what a run names. A stranger can neither make the seal nor
change a sealed line. Nothing of a credential can be read off it: its key is salted, and slow to make, against guessing. The slow
part is made once in a process for the same secrets, and each run draws its own key from it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from functools import lru_cache

_SALT_BYTES = 16
_SALT = os.urandom(_SALT_BYTES)


class Seal:
    """Signs lines with a key made of all the secrets of a run, the salt of its process and its own."""

    def __init__(self, secrets: Mapping[str, str], salt: bytes) -> None:
        self.salt = salt.hex()
        shared = _slow_key(json.dumps(sorted(secrets.items())).encode(), salt[:_SALT_BYTES])
        own = salt[_SALT_BYTES:]
        self._key = hmac.digest(shared, own, "sha256") if own else shared  # runs of old have one salt

    @classmethod
    def make(cls, secrets: Mapping[str, str]) -> Seal | None:
        """Make the seal of a new run; None for a run without secrets, whose seal anyone could forge."""
        return cls(secrets, _SALT + os.urandom(_SALT_BYTES)) if any(secrets.values()) else None

    @classmethod
    def again(cls, secrets: Mapping[str, str], salt: object) -> Seal | None:
        """Make the seal of a saved run again; `salt` is what a file says, and None is returned where it is not one."""
        try:
            raw = bytes.fromhex(salt) if isinstance(salt, str) else b""
        except ValueError:
            raw = b""
        return cls(secrets, raw) if any(secrets.values()) and len(raw) in (_SALT_BYTES, 2 * _SALT_BYTES) else None

    def sign(self, line: bytes) -> str:
        """Return the signature of a line in hexadecimal."""
        return hmac.digest(self._key, line, "sha256").hex()

    def fits(self, line: bytes, signature: str) -> bool:
        """Whether a signature is the one of this line, whatever a file says."""
        return hmac.compare_digest(self.sign(line), signature) if signature.isascii() else False


@lru_cache(maxsize=64)
def _slow_key(sent: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(sent, salt=salt, n=4096, r=8, p=1, dklen=32)
