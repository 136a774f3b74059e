"""What carries bytes for a provider.

`base` is the seam; `fetch` is the bridge to the browser, `native` its twin on CPython, `demo` and `mock` answer by
themselves. `router` chooses by the scheme of the URL.
"""
