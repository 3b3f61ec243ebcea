"""Is it healthy? One small question per function, by theme; `questions.py` lists them all."""
