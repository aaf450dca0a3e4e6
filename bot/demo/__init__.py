"""The small built-in model: how it is taught, measured and shipped. Knows nothing of the engine."""
