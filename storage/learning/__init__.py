"""What is kept of people who learn Japanese: words, reviews, quizzes, the group's day, sessions."""
