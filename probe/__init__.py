"""Find the route by which Azure OpenAI or OpenAI really delivers a finished artefact.

    endpoints.yaml --catalogue--> Catalogue --plan--> Plan --runner--> Evidence
                                                                          |
                 reports/  <--formats--  Report  <--------verdict---------'

Each stage takes and returns types from `probe.model`. Stages never import each other: `probe.pipeline` calls them in order, and
`probe.cli` calls the pipeline. Layers, each importing only from lower ones:

    -1  frozen
    0  model, errors, language
    1  registry, jsonpath, entra, sniff, whole, redact, shell, listing, shipped, facts/, diagnoses/
    2  providers/, anonymise, naming, retry
    3  catalogue/, transport, intake/
    4  plan/, runner, runs/, verdict/, view/, vantage, planned, proposal
    5  formats/, recall, order, waiting, receiving, webhook, repair
    6  reports
    7  pipeline, diagnosing
    8  discovery, doctor, download, follow, merging, fleet/
    9  cli/            (simulator/ stands apart: only cli/demo.py, cli/simulate.py and the tests import it)
"""

__version__ = "0.2.0"
