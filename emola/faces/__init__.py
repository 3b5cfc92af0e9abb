"""Faces in a picture: detection, landmarks, pose, gates, priors, geometric evidence and the overlay.

Import from the modules directly; importing this package loads neither insightface nor mediapipe.
"""
