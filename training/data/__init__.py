"""Data sets as training and the benchmark read them."""
