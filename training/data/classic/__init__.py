"""Readers of the classic expression and action-unit data sets, each for the folder layout it is published in."""
