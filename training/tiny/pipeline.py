"""All stages of EmoLA-tiny in order; each resumes where it stopped and is skipped when it is done."""

from pathlib import Path

import torch

from emola.errors import ResourceError
from training.synthetic.store import render_store
from training.tiny.batches import Sources, Stage
from training.tiny.bridge import train_bridge
from training.tiny.config import TinyConfig
from training.tiny.data import load_data
from training.tiny.detections import residual_bank
from training.tiny.export import claim_destination, export_model
from training.tiny.language import LanguageTrainee, train_language
from training.tiny.model import build_model
from training.tiny.priors import PriorSource
from training.tiny.recipe import claim_cache
from training.tiny.settling import Reader
from training.tiny.vision import train_vision
from training.tiny.vocabulary import make_tokenizer, special_ids


def prior_stage(config: TinyConfig) -> Stage:
    """Return stage 2: language from the prior alone."""
    return Stage("prior", 2, config.prior_steps, config.prior_batch, config.prior_rate, 0.0, 0.0, 2.0)


def joint_stage(config: TinyConfig) -> Stage:
    """Return stage 4: picture and prior in batches of one kind of input each."""
    return Stage(
        "joint",
        3,
        config.joint_steps,
        config.joint_batch,
        config.joint_rate,
        config.share_both,
        config.share_image,
        config.unfreeze_at,
    )


def settle_stage(config: TinyConfig) -> Stage:
    """Return stage 5: the answers say what the model reads; the tower rests, and the prior alone comes often."""
    return Stage("settle", 4, config.settle_steps, config.joint_batch, config.settle_rate, 0.35, 0.15, 1.0)


def make_faces(config: TinyConfig) -> None:
    """Render both series and run the face mesh on the faces of the bank; what is there is kept."""
    render_store(config.cache, config.train_faces, config.seed, config.workers)
    render_store(config.cache, config.eval_faces, config.eval_seed, config.workers)
    residual_bank(config.cache, config.bank_faces, config.seed)


def make_sources(config: TinyConfig) -> Sources:
    """Return the training faces, how their priors are disturbed, and the tokenizer."""
    data = load_data(config.cache, config.train_faces, config.seed)
    bank = residual_bank(config.cache, config.bank_faces, config.seed)
    return Sources(data, PriorSource(data, bank, config.prior_noise), make_tokenizer(config, config.cache))


def make_trainee(config: TinyConfig, sources: Sources) -> LanguageTrainee:
    """Return the untrained model with its temporary head."""
    mean, deviation = (torch.from_numpy(values) for values in sources.priors.moments())
    tokenizer = sources.tokenizer
    return LanguageTrainee(build_model(config, len(tokenizer), special_ids(tokenizer)), mean, deviation)


def train(config: TinyConfig) -> Path:
    """Run or resume the whole recipe and return the folder of the finished model.

    Raises:
        InputError: ``config.out`` holds something else than an earlier export, or ``config.cache`` checkpoints of
            another recipe; said before anything else is done.
        ResourceError: a file could not be written; the last checkpoint stays valid.
    """
    torch.set_num_threads(config.threads)
    try:
        claim_destination(config.out)
        claim_cache(config)
        make_faces(config)
        sources = make_sources(config)
        unseen = load_data(config.cache, config.eval_faces, config.eval_seed)
        vision = train_vision(config, sources.data, unseen, config.cache)
        trainee = make_trainee(config, sources)
        train_language(prior_stage(config), trainee, sources, config, config.cache)
        adopt_tower(trainee, vision.tower)
        train_bridge(config, trainee, vision, sources, unseen)
        train_language(joint_stage(config), trainee, sources, config, config.cache)
        reader = Reader(trainee, sources.tokenizer)
        train_language(settle_stage(config), trainee, sources, config, config.cache, reader)
        return export_model(trainee.fold(), sources.tokenizer, config)
    except OSError as error:
        raise ResourceError(f"Training stopped, a file could not be written: {error.strerror or error}.") from error


def adopt_tower(trainee: LanguageTrainee, tower: torch.nn.Module) -> None:
    """Put the weights of the trained tower into the model."""
    trainee.model.model.vision_tower.load_state_dict(tower.state_dict())
