"""FABA-Bench: answers generated (``run``), scored bug for bug or repaired (``score``), and compared (``report``)."""
