"""The group's day: a word, a sentence or a topic at its time, and what it did in a week."""
