"""A seal fits the secrets and the line that it was made for, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from probe.runs.seal import Seal

SECRETS = {"K": "value of K", "header X-Key": "more"}
LINE = b'{"probe":{"id":"a"}'


def made() -> Seal:
    seal = Seal.make(SECRETS)
    assert seal is not None
    return seal


def test_a_seal_fits_the_same_secrets_and_the_same_line_alone() -> None:
    first = made()
    signature = first.sign(LINE)
    again = Seal.again(SECRETS, first.salt)
    assert again is not None and again.fits(LINE, signature)
    assert not first.fits(LINE + b" ", signature)
    for secrets in ({"K": "value of K"}, SECRETS | {"K": "another"}, {"L": "value of K", "header X-Key": "more"}):
        other = Seal.again(secrets, first.salt)
        assert other is not None and not other.fits(LINE, signature)


def test_a_seal_fits_no_line_of_another_run_of_the_same_process() -> None:
    first, second = made(), made()
    assert not second.fits(LINE, first.sign(LINE))


def test_a_run_of_old_with_one_salt_is_known_by_its_seal() -> None:
    key = hashlib.scrypt(json.dumps(sorted(SECRETS.items())).encode(), salt=bytes(16), n=4096, r=8, p=1, dklen=32)
    old = Seal.again(SECRETS, "00" * 16)
    assert old is not None and old.fits(LINE, hmac.digest(key, LINE, "sha256").hex())


def test_a_seal_is_never_the_same_and_needs_a_secret() -> None:
    assert made().sign(LINE) != made().sign(LINE)
    assert Seal.make({}) is None and Seal.make({"K": ""}) is None
    assert Seal.again({}, made().salt) is None


@pytest.mark.parametrize("salt", [None, 7, [], "", "x", "00", "0" * 31, "é" * 32, "0" * 62, "0" * 66])
def test_what_is_not_a_salt_makes_no_seal(salt: object) -> None:
    assert Seal.again(SECRETS, salt) is None


@pytest.mark.parametrize("signature", ["", "x", "é", "0" * 64])
def test_what_is_not_a_signature_fits_nothing(signature: str) -> None:
    assert not made().fits(LINE, signature)
