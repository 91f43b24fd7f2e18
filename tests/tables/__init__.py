"""Tests of the one reader and the one writer."""
