"""Forms of words: taken apart, and as tables."""
