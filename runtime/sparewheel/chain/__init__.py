"""The chain of models: one step is asked of one model after the other until one answers.

`chain` runs it; `attempt` is one request, `plan` where to begin, `policy` what to do after a failure, `health` what is
known of each model, `backoff`, `watchdog`, `hedge` and `compaction` what the names say.
"""
