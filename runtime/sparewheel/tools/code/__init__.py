"""Code that a model writes, run in the sandbox: `toolset` has the tool `run_python`, `functions` code mode."""
