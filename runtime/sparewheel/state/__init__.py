"""The state of a session: its conversation, approvals, budgets and long results."""
