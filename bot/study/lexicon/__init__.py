"""Words and kanji, from the dictionary's file."""
