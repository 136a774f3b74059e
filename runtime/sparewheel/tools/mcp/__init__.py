"""Tools of remote MCP servers (Model Context Protocol). Imported when an agent file names a server, never in the boot.

`toolset` is the source of tools. Its `connection` opens a link to the server (`opening`), which is one of three kinds:
`modern` (revision 2026-07-28), or with a `handshake`: `legacy` and `old_sse` (2024-11-05). Links send an `exchange` by
`http`, whose `authorizer` signs in (`oauth`), as messages of `rpc`; `inquiries` answers what the server asks meanwhile.
`listing`, `definitions`, `features`, `content` and `headers` read and write what messages contain.

Everything from a server is bounded before it is used. Specification: https://modelcontextprotocol.io/specification.
"""
