"""Reviews of saved words, by FSRS: when a word comes again, and what counts."""
