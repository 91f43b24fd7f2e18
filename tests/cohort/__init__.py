"""Tests of drawn patients and of what is known about them."""
