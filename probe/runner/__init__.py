"""Sends what was planned and records what came back.

    Probe --orders--> WireRequest --transport--> WireAnswer --recorder--> Exchange

`schedule` decides who is sent next, `memory` keeps what must not be stored, `content`, `links` and `faults` read an answer.
"""

from probe.runner.run import Runner

__all__ = ["Runner"]
