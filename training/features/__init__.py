"""Vision features computed once and kept on disk, for training on few cores or over several epochs.

What is kept is what the visual projector reads (CLIP's patch rows before the projector, which may itself be trained):
576 x 1024 numbers, 1.2 MB in bfloat16, for a picture of EmoLA-7B. Augmenting pictures and keeping their features
exclude each other.
"""

from training.features.store import FeatureStore
from training.features.vision import VisionFeatures, extract_features, feed_features

__all__ = ["FeatureStore", "VisionFeatures", "extract_features", "feed_features"]
