"""Quizzes: questions made of the dictionary, their rules, and the running of them."""
