"""Every query and every write of review, as functions: ``session`` first, frozen dataclasses out."""
