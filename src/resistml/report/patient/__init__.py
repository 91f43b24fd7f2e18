"""The patient report: one page per patient that needs no network, and an index of many."""
