"""What the rules know of a language: its sentences, words, names and numbers."""
