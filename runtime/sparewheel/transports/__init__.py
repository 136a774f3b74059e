"""The transports of providers and tools, and how the platform reads URLs and finds Python packages.

`base` defines the interface. `fetch` is the bridge to the browser, `native` and `native_urls` serve CPython, `demo`
answers without a network. `router` chooses a transport by a URL's scheme; `urls` and `packages` choose by platform.
"""
