"""What every output says."""

NOTICE = "Research only, not for clinical use. A ranking is of modelled response."
