"""The chain of models: a step asks one model after the other until one answers.

`chain` has the models, `step` asks them; `attempt` is one request, `output` what attempts have streamed, `log` their
numbers and records; `plan` gives the order of the models, `policy` the decision after a failure, `health` the state of
each model, `report` the events about all this; `background` takes up a response whose stream has broken, and
`cancelling` ends one that nothing reads; `backoff`, `watchdog`, `hedge` and `compaction` do what their names say.
"""
