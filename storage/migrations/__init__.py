"""The schema's history, applied at start by storage/database.py."""
