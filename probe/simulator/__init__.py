"""The APIs of Azure OpenAI, OpenAI and a self-hosted service, simulated on loopback: for the demo, the tests and for trying things.

    app       the machine: operations, gates, answers        server    a world on a port
    gates     who answers before the operation               worlds    the table of services that work
    errors    exact error bodies                             causes    the table of causes and traps
    media     real bytes, with Range
    sora1 videos files containers images generic             one file per API family

It imports nothing from the rest of `probe`: what the tool says about these answers is judged from outside, as with a real service.
"""

from probe.simulator.app import Answer, Recorded, World
from probe.simulator.server import WORLDS, Server, create_app, running, serve

__all__ = ["WORLDS", "Answer", "Recorded", "Server", "World", "create_app", "running", "serve"]
