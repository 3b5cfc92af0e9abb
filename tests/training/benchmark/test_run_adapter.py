import pytest
from peft import LoraConfig, get_peft_model

from emola.model import EmolaForConditionalGeneration
from training.benchmark.__main__ import main
from training.benchmark.models import ModelChoice


@pytest.fixture(scope="module")
def adapter_folder(model_folder, tmp_path_factory):
    """A random LoRA on the tiny model, which it names as its base."""
    model = EmolaForConditionalGeneration.from_pretrained(model_folder)
    targets = r".*language_model\.layers\.\d+\.self_attn\.(q|v)_proj"
    settings = LoraConfig(r=4, lora_alpha=64, target_modules=targets, init_lora_weights=False, task_type="CAUSAL_LM")
    adapted = get_peft_model(model, settings)
    adapted.peft_config["default"].base_model_name_or_path = str(model_folder)
    folder = tmp_path_factory.mktemp("adapter") / "lora"
    adapted.save_pretrained(folder)
    return folder


def ask(model, data, out):
    fixed = ["--max-new-tokens", "16", "--device", "cpu", "--dtype", "float32", "--task", "au"]
    assert main(["run", "--model", str(model), "--data", str(data), "--out", str(out), *fixed]) == 0
    return (out / "predictions_au.jsonl").read_bytes()


def test_an_adapter_answers_alike_alone_and_on_its_named_base(model_folder, adapter_folder, make_data, tmp_path):
    data = make_data(3)
    base = ask(model_folder, data, tmp_path / "base")
    both = ask(f"{model_folder}+{adapter_folder}", data, tmp_path / "both")
    alone = ask(adapter_folder, data, tmp_path / "alone")
    assert both == alone != base


def test_the_files_of_the_base_belong_to_the_fingerprint_of_an_adapter(model_folder, adapter_folder):
    folders = [adapter_folder.resolve(), model_folder.resolve()]
    assert ModelChoice(str(adapter_folder)).folders() == folders
    assert ModelChoice(f"{model_folder}+{adapter_folder}").folders() == folders[::-1]
    assert ModelChoice(str(adapter_folder)).is_emola()
