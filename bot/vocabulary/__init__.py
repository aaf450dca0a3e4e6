"""Kinds of vocabularies: text to token ids and back, exact about bytes, and users' text is text."""
