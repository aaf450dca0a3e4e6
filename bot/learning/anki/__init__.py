"""Words as notes of Anki: what a note says, how its cards look, and the file that Anki imports.

Words in, bytes out: knows no store, no dictionary and no platform.
"""
