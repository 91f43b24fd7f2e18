"""Tests of the structural model: solving, proving, auditing, keeping it."""
