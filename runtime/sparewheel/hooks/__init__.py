"""Hooks: functions at fixed points of a turn that may add to it, change it or stop it."""
