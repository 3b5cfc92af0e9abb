"""EmoLA: facial affect described in words, from a picture and one facial prior token.

Importing this package stays light: no torch, gradio, insightface or mediapipe.
"""

__version__ = "0.1.0"
