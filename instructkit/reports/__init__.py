"""Counts told to people: `stats.stats` of a stream, and the `tables` the commands print."""

from instructkit.reports.stats import Stats, stats

__all__ = ["Stats", "stats"]
