"""Chains as the models of evaluations: a provider for Inspect (`inspect-ai`, the extra `sparewheel[inspect]`).

`provider` is what Inspect finds in the entry points, `model` its `ModelAPI`, `chain` asks a chain outside of a session,
`inputs`, `settings` and `outputs` translate between Inspect's types and the package's.
"""
