"""What ``python -m training.train`` is made of: LoRA on a LLaVA or an EmoLA, as EmoLA was trained."""
