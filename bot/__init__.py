"""Kaiwa: the core, from a platform's message to a reply. Knows no platform and no database."""
