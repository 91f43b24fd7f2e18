"""A model behind HTTP, on this machine: the answers of the commands, as JSON."""
