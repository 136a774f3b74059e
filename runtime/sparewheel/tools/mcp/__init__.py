"""Tools of remote MCP servers (Model Context Protocol). Imported when an agent file names a server, never in the boot.

`toolset` is the source of tools, `client` the connection to a server, `http` its requests, `rpc` the messages.
Specification: https://modelcontextprotocol.io/specification.
"""
