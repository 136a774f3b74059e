"""The state of a session, below the agent: approvals, long results, and what its agents share."""
