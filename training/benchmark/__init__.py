"""FABA-Bench scoring: the published protocol bug for bug (``paper``) and a repaired one (``strict``) beside it."""
