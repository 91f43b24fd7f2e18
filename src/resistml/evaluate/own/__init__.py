"""How well a model of one's own patients does, where no truth is known."""
