"""Which files are the dictionary's, and of which layout."""

# "kaiw", as SQLite's application_id; and its user_version, raised with every change of the
# tables or of what stands in them.
APPLICATION = 0x6B616977
VERSION = 2
