"""Find the route by which Azure OpenAI or OpenAI really delivers a finished artefact.

    endpoints.yaml --catalogue--> Catalogue --plan--> Plan --runner--> Evidence
                                                                          |
                 reports/  <--formats--  Report  <--------verdict---------'

Each stage takes and returns types from `probe.model`. Stages never import each other: `probe.pipeline` calls them in order, and
`probe.cli` calls the pipeline. Layers, each importing only from lower ones:

    0  model, errors
    1  registry, language, jsonpath, sniff, redact, anonymise, retry, listing, facts/, diagnoses/
    2  catalogue/, providers/, transport, intake/
    3  plan/, runner, verdict/, view/
    4  formats/
    5  runs/
    6  pipeline, diagnosing
    7  discovery, doctor
    8  cli/            (simulator/ stands apart: only cli/demo.py, cli/simulate.py and the tests import it)
"""

__version__ = "0.1.0"
