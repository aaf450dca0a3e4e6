"""Commands about Japanese, as notices: what the dictionary and the analysers say, made readable."""
