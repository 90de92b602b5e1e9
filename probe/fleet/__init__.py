"""A fleet scanned by workers: a task is one target's whole scan, the worker finds the secrets, the evidence comes back redacted."""
