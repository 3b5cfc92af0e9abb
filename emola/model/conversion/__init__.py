"""From the released EmoLA folders to the format of this project."""
