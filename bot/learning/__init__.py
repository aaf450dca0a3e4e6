"""Learning together: saved words and their reviews, quizzes, the group's day, what members are."""
