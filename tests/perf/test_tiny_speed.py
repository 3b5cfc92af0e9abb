"""How long EmoLA-tiny takes to say its first word and how fast it goes on, on this machine, by the studio's own path.

The numbers are for the model card; what is asserted is only that words come while the rest is still being generated,
because another program on the same cores may slow everything down.
"""

import time
from statistics import median

import torch

from emola.describe import Describer
from emola.faces.analyze import FaceAnalyzer
from emola.settings import GenerationSettings
from emola.shelf import TINY, ModelShelf

ROUNDS = 7


def test_speed_of_the_shipped_model(astronaut) -> None:
    analyzer = FaceAnalyzer()
    face = analyzer.analyze(astronaut)[0]
    analyzer.close()
    shelf = ModelShelf([str(TINY)])
    (name,) = shelf.names()
    describer, tokenizer = Describer(shelf), shelf.get(name).processor.tokenizer
    firsts, rates, shares, per_processor = [], [], [], []
    for round_number in range(ROUNDS + 1):
        busy = time.process_time()
        *_, last = describer.stream(astronaut, face, "au", name, GenerationSettings())
        if round_number == 0:
            continue  # warms up
        busy = time.process_time() - busy
        spent, tokens = last.timings_ms, len(tokenizer.encode(last.text, add_special_tokens=False))
        firsts.append(spent["prepare"] + spent["first_token"])
        rates.append(1000 * (tokens - 1) / (spent["total"] - spent["first_token"]))
        per_processor.append(tokens / busy)
        shares.append(spent["first_token"] / spent["total"])
    print(
        f"\nEmoLA-tiny, {tokens} tokens about one face, {torch.get_num_threads()} threads: first text "
        f"{median(firsts):.0f} ms after the face is known, then {median(rates):.0f} tokens/s; "
        f"{median(per_processor):.0f} tokens in a second of processor time"
    )
    assert median(shares) < 0.5, "the first words come while the rest is being generated"
