"""What lives in the page and is reached from the worker: functions, hooks, models and `fetch` of the embedder."""
