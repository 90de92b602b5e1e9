"""Find the route by which Azure OpenAI or OpenAI really delivers a finished artefact.

    endpoints.yaml --catalogue--> Catalogue --plan--> Plan --runner--> Evidence
                                                                          |
                 reports/  <--formats--  Report  <--------verdict---------'

Each stage takes and returns types from `probe.model`. Stages never import each other: `probe.pipeline` calls them in order, and
`probe.cli` calls the pipeline. Layers, each importing only from lower ones:

    0  model, errors, language
    1  registry, jsonpath, sniff, whole, naming, redact, anonymise, retry, listing, facts/, diagnoses/
    2  catalogue/, providers/, transport, intake/
    3  plan/, runner, runs/, verdict/, view/, vantage
    4  formats/, recall, waiting, receiving, webhook
    5  reports
    6  pipeline
    7  discovery, doctor, download, follow, merging
    8  cli/            (simulator/ stands apart: only cli/demo.py, cli/simulate.py and the tests import it)
"""

__version__ = "0.1.0"
