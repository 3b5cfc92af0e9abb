"""How a checkpoint lies on disk: folders, shards, names of tensors, tokenizers; written whole or not at all."""
