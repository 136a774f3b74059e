"""Hooks: functions that run at fixed points of a turn and can add to it, change it or stop it."""
