"""Searches for the settings of a learner."""
