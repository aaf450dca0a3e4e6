"""Makes the dictionary's file, once, of what the packages of kaiwa[study] ship."""
