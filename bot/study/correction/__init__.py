"""A learner's text, rewritten by the model."""
