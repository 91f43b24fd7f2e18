"""Honesty checks: what a run must say against itself, each with a code that stays."""
