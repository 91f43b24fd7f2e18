"""TRIPOD+AI: what a report of a prediction model must say, item by item, answered from the run."""

from resistml.report.tripod.checklist import Item, Row, answered, document, items

__all__ = ["Item", "Row", "answered", "document", "items"]
