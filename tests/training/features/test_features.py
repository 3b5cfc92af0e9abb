"""Kept features: equal to what the model computes, keyed by everything they depend on, safe to kill."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import CLIPVisionConfig, LlamaConfig, PreTrainedTokenizerFast

from emola.errors import InputError, ResourceError
from emola.imaging import open_image, pad_to_square
from emola.model import EmolaConfig, EmolaForConditionalGeneration, EmolaProcessor
from training.features import FeatureStore, VisionFeatures, extract_features, feed_features
from training.features.__main__ import _shard, find_pictures

PATCHES, WIDTH, IMAGE_TOKEN = 4, 32, 40


@pytest.fixture
def model() -> EmolaForConditionalGeneration:
    vision = CLIPVisionConfig(
        image_size=28,
        patch_size=14,
        hidden_size=WIDTH,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=2,
    )
    text = LlamaConfig(
        vocab_size=48, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, pad_token_id=0
    )
    torch.manual_seed(0)
    config = EmolaConfig(vision_config=vision, text_config=text, image_token_index=IMAGE_TOKEN, prior_dim=6)
    return EmolaForConditionalGeneration(config).eval()


@pytest.fixture
def processor(model: EmolaForConditionalGeneration) -> EmolaProcessor:
    backend = Tokenizer(models.WordLevel({"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "face": 4}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    return EmolaProcessor.from_config(model.config, tokenizer)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Five pictures; the last has the content of the first."""
    paths = [tmp_path / f"data/{number}.png" for number in range(5)]
    paths[0].parent.mkdir()
    for number, path in enumerate(paths):
        pixels = np.random.default_rng(number % 4).integers(0, 256, (30, 41, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return paths


def test_kept_features_are_what_the_projector_reads(model, processor, pictures, tmp_path):
    vision = VisionFeatures(model, processor)
    store = vision.open_store(tmp_path / "features", torch.float32)
    report = extract_features(pictures, vision, store, batch_size=3)
    assert (report.made, report.kept, report.problems) == (4, 1, ())
    image = pad_to_square(open_image(pictures[1]))
    pixels = processor.image_processor([image], input_data_format="channels_last", return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        hidden = model.model.vision_tower(pixels, output_hidden_states=True).hidden_states
        expected = hidden[model.config.vision_feature_layer][0, 1:]
    torch.testing.assert_close(store.load(pictures[1]), expected, atol=1e-5, rtol=0)
    assert store.load(pictures[1]).shape == (PATCHES, WIDTH)
    torch.testing.assert_close(store.load(pictures[4]), store.load(pictures[0]), atol=0, rtol=0)


def test_a_model_fed_with_features_gives_the_same_logits_and_projector_gradients(model, processor, pictures, tmp_path):
    vision = VisionFeatures(model, processor)
    store = vision.open_store(tmp_path / "features", torch.float32)
    extract_features(pictures[:2], vision, store)
    ids = torch.tensor([[1, *[IMAGE_TOKEN] * (PATCHES + 1), 4, 5]] * 2)
    prior = torch.randn(2, 6, generator=torch.Generator().manual_seed(1))
    projector = model.model.multi_modal_projector.linear_1.weight

    def step(pixel_values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        model.zero_grad()
        outputs = model(input_ids=ids, pixel_values=pixel_values, prior=prior, labels=ids.masked_fill(ids > 5, -100))
        outputs.loss.backward()
        return outputs.logits.detach(), projector.grad.clone()

    logits, gradient = step(torch.stack([vision.pixels(picture) for picture in pictures[:2]]))
    tower = model.model.vision_tower
    with feed_features(model):
        fed_logits, fed_gradient = step(torch.stack([store.load(picture) for picture in pictures[:2]]))
    torch.testing.assert_close(fed_logits, logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(fed_gradient, gradient, atol=1e-5, rtol=1e-4)
    assert model.model.vision_tower is tower


def test_features_are_half_the_size_in_bfloat16(model, processor, pictures, tmp_path):
    vision = VisionFeatures(model, processor)
    store = vision.open_store(tmp_path / "features")
    extract_features(pictures[:1], vision, store)
    assert store.load(pictures[0]).dtype == torch.bfloat16
    assert store.bytes_per_picture == PATCHES * WIDTH * 2


def test_what_is_there_is_kept_and_damaged_files_are_made_again(model, processor, pictures, tmp_path):
    vision = VisionFeatures(model, processor)
    store = vision.open_store(tmp_path / "features")
    extract_features(pictures, vision, store)
    files = sorted(store.folder.rglob("*.safetensors"))
    assert len(files) == 4
    whole = files[0].read_bytes()
    files[0].write_bytes(whole[:-20])
    files[1].write_bytes(b"")
    before = files[2].stat().st_mtime_ns
    report = extract_features(pictures, vision, vision.open_store(tmp_path / "features"))
    assert (report.made, report.kept) == (2, 3)
    assert files[0].read_bytes() == whole
    assert files[2].stat().st_mtime_ns == before


def test_a_kill_between_writing_and_renaming_leaves_nothing_that_looks_whole(
    model, processor, pictures, tmp_path, monkeypatch
):
    vision = VisionFeatures(model, processor)
    store = vision.open_store(tmp_path / "features")

    def killed(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr("training.features.store.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        extract_features(pictures, vision, store)
    monkeypatch.undo()
    assert not list(store.folder.rglob("*.safetensors"))
    assert extract_features(pictures, vision, store).made == 4


def test_other_weights_processors_or_preparations_have_another_key(model, processor, tmp_path):
    def key(vision: VisionFeatures, dtype: torch.dtype = torch.bfloat16) -> str:
        return vision.open_store(tmp_path, dtype).key

    keys = [key(VisionFeatures(model, processor)), key(VisionFeatures(model, processor), torch.float32)]
    keys.append(key(VisionFeatures(model, processor, prepare=lambda image: image, prepare_name="as it is")))
    assert key(VisionFeatures(model, processor)) == keys[0]
    with torch.no_grad():
        model.model.multi_modal_projector.linear_1.weight.add_(1)
    assert key(VisionFeatures(model, processor)) == keys[0], "the projector is not part of the features"
    processor.image_processor.image_mean = [0.4, 0.4, 0.4]
    keys.append(key(VisionFeatures(model, processor)))
    with torch.no_grad():
        next(model.model.vision_tower.parameters()).view(-1)[0] += 1e-3
    keys.append(key(VisionFeatures(model, processor)))
    assert len(set(keys)) == 5


def test_broken_and_missing_pictures_are_listed(model, processor, pictures, tmp_path):
    pictures[0].write_bytes(b"broken")
    vision = VisionFeatures(model, processor)
    store = vision.open_store(tmp_path / "features")
    report = extract_features([*pictures, tmp_path / "nowhere.png"], vision, store)
    assert (report.made, report.kept) == (4, 0)
    assert sorted(name for name, _ in report.problems) == ["0.png", "nowhere.png"]
    assert "0.png" in report.summary()


def test_a_picture_without_features_names_the_command(model, processor, pictures, tmp_path):
    store = VisionFeatures(model, processor).open_store(tmp_path / "features")
    with pytest.raises(InputError, match=r"training\.features"):
        store.load(pictures[0])


def test_a_disk_without_room_is_said_before_anything_is_computed(model, processor, pictures, tmp_path, monkeypatch):
    vision = VisionFeatures(model, processor)
    store = vision.open_store(tmp_path / "features")
    usage = type("Usage", (), {"free": 10})()
    monkeypatch.setattr("training.features.vision.shutil.disk_usage", lambda _: usage)
    with pytest.raises(ResourceError, match="GB"):
        extract_features(pictures, vision, store)
    assert not list(store.folder.rglob("*.safetensors"))


def test_features_of_another_shape_are_not_kept(tmp_path):
    store = FeatureStore(tmp_path, {}, (4, 8), torch.float32)
    with pytest.raises(ValueError, match="shape"):
        store.save("ab" * 32, torch.zeros(4, 9))


def test_pictures_of_json_files_and_folders_are_found_once(pictures, tmp_path):
    source = tmp_path / "list.json"
    source.write_text(json.dumps([{"image": "data/0.png"}, {"image": "data/./1.png"}, {"image": "data/0.png"}]))
    assert find_pictures([source, tmp_path / "data"], None) == [path.resolve() for path in pictures]


def test_the_root_of_a_published_json_is_found_above_it(pictures, tmp_path):
    source = tmp_path / "data" / "FABAInstruct" / "train" / "list.json"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps([{"image": "0.png"}]))
    assert find_pictures([source], None) == [pictures[0].resolve()]
    source.write_text(json.dumps([{"image": "nowhere.png"}]))
    with pytest.raises(InputError, match=r"None of the pictures .* \(--root\)"):
        find_pictures([source], None)


def test_shards_share_the_pictures(pictures, tmp_path):
    assert _shard("2/3") == (2, 3)
    for wrong in ("0/2", "3/2", "x", "1/", "/"):
        with pytest.raises(InputError, match="--shard"):
            _shard(wrong)
