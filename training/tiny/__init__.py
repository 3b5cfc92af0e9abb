"""EmoLA-tiny: a small EmoLA trained from scratch on rendered faces."""
