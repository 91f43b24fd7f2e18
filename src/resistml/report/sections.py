"""The sections of a model report, in their order."""

from __future__ import annotations

#: Id and heading; the template of each is ``templates/model/<id>.html.j2``.
SECTIONS: dict[str, str] = {
    "what": "What this is, and what it is not",
    "data": "Data and world",
    "audit": "Does the world reproduce the review?",
    "discrimination": "How well does it predict?",
    "calibration": "Are its probabilities right?",
    "decision": "What would acting on them be worth?",
    "learning": "Would more patients help?",
    "ranking": "What is a ranking worth?",
    "doubt": "Is its doubt right?",
    "survival": "How well does it tell times?",
    "drivers": "What drives its predictions?",
    "groups": "How does it do in each group of patients?",
    "checks": "What do the honesty checks say?",
    "limits": "Limits",
    "tripod": "TRIPOD+AI, item by item",
    "reproduce": "How to reproduce this",
}
#: What else a page can be pointed to: the paragraph at its top.
SUMMARY = "summary"
