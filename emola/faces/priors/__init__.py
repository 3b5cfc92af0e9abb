"""Facial priors: the recipes that turn a face into the vector behind the prior token."""
