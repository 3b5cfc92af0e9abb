"""The loop: corrected descriptions become a LoRA, a score beside the old model's, and a report."""
