"""Crash injection for refunds: workers are killed, stalled and raced at every boundary of I/O.

`python -m tests.chaos.money` runs numbered schedules over both platforms and judges each by the
store's own books. docs/chaos.md says how to read what it prints.
"""
