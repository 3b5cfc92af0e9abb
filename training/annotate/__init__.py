"""Describing new pictures through any OpenAI-compatible vision endpoint."""
