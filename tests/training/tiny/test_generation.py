"""The quick greedy decoder says exactly what ``generate`` says."""

from pathlib import Path

import pytest
import torch

from emola.faces.priors.prior import Prior
from training.synthetic.store import load_store, render_store
from training.tiny.data import crop_of, priors_of
from training.tiny.generation import greedy, load_answerer


@pytest.mark.parametrize("use_image", [True, False])
def test_greedy_equals_generate(use_image: bool, repository: Path, tmp_path: Path) -> None:
    folder = repository / "emola/weights/tiny"
    if not (folder / "config.json").is_file():
        pytest.skip("the weights of EmoLA-tiny are not in this checkout")
    answerer = load_answerer(folder)
    render_store(tmp_path, 6, 21)
    faces = load_store(tmp_path, 6, 21)
    crops = [crop_of(faces.picture(index), faces.points[index, :, :2]) for index in range(6)]
    prompt = answerer.processor.build_prompt("Which action units can you see?")
    inputs = answerer.processor(
        [prompt] * 6,
        images=crops if use_image else None,
        priors=[Prior(values, answerer.processor.prior_recipe) for values in priors_of(faces.meshes)],
    )
    quick = greedy(answerer.model, inputs, 200)
    with torch.inference_mode():
        slow = answerer.model.generate(**inputs, do_sample=False, max_new_tokens=200)
    decode = answerer.processor.batch_decode
    assert decode(quick, prompt_length=0) == decode(slow, prompt_length=inputs["input_ids"].shape[1])
    lengths = {int((row != 2).sum()) for row in quick}
    assert len(lengths) > 1  # rows did end at different steps
