"""The line between worker and page: the protocol, host calls, and the functions of the embedder behind them."""
