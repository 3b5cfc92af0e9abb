"""Ablations as in the paper: which tokens a model reads and which parts are tuned, over several seeds."""
