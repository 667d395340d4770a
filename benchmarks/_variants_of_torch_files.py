"""PyTorch's models in the files that torch.save, torch.jit, torch.export and relatives write, for file_variants.py."""

from __future__ import annotations

import copy
import io
import itertools
import json
import logging
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _variants import Variant
from _variants_of_torch import ACTIVATIONS, BIASES, NAMES, WIDTHS, Plan, module_of, outputs_of, plans, untold


def state_dict(module: Any) -> Any:
    """The module's state."""
    return module.state_dict()


def optimizer_of(module: Any) -> Any:
    """Adam after a step."""
    import torch

    trained = copy.deepcopy(module)
    optimizer = torch.optim.Adam(trained.parameters())
    trained(torch.ones(2, WIDTHS["deep"][0], dtype=next(trained.parameters()).dtype)).sum().backward()
    optimizer.step()
    return optimizer.state_dict()


CONTAINERS: dict[str, tuple[str, Callable[[Any], Any], bool]] = {
    "PyTorch, state dict": ("net.pt", state_dict, False),
    "PyTorch, state dict of before 1.6": ("net.pt", state_dict, True),
    "PyTorch, parameters by name": ("net.pth", lambda module: dict(module.named_parameters()), False),
    "PyTorch, .bin": ("pytorch_model.bin", lambda module: dict(module.state_dict()), False),
    "PyTorch, checkpoint": (
        "net.pth",
        lambda m: {
            "epoch": 3,
            "model_state_dict": m.state_dict(),
            "optimizer_state_dict": optimizer_of(m),
            "loss": 0.5,
        },
        False,
    ),
    "PyTorch, checkpoint .pth.tar": (
        "model_best.pth.tar",
        lambda m: {"epoch": 3, "arch": "mlp", "state_dict": m.state_dict(), "best_acc1": 0.5},
        False,
    ),
    "PyTorch, checkpoint of before 1.6": (
        "net.ckpt",
        lambda m: {"model": m.state_dict(), "optimizer": optimizer_of(m), "args": {"lr": 0.1}},
        True,
    ),
    "PyTorch, Lightning's .ckpt, by hand": (
        "last.ckpt",
        lambda m: {
            "epoch": 1,
            "global_step": 7,
            "pytorch-lightning_version": "2.4.0",
            "state_dict": m.state_dict(),
            "optimizer_states": [optimizer_of(m)],
            "hyper_parameters": {"width": 5},
        },
        False,
    ),
}
"""The file's name, what is saved, and whether in the format of before PyTorch 1.6."""


def saved(kind: str) -> Iterator[Variant]:
    """What torch.save writes."""
    import torch

    file, content, old = CONTAINERS[kind]

    def variant(plan: Plan) -> Variant:
        def write(folder: Path) -> Path:
            torch.save(content(plan.module), folder / file, _use_new_zipfile_serialization=not old)
            return folder / file

        return Variant(plan.name, write, outputs_of(plan.module), WIDTHS["deep"][0], plan.told, plan.refused)

    yield from map(variant, itertools.chain(plans(), untold()))
    for dtype, names in itertools.product(("float16", "bfloat16", "float64"), NAMES):
        module = module_of(names, "", "deep", "biases").to(getattr(torch, dtype))
        yield variant(Plan(f"{names}, {dtype}", module, {"activation": "relu"}))


def whole_models() -> Iterator[Variant]:
    """Whole modules are pickles of classes, which would have to be imported: refused."""
    import torch

    for names, old in itertools.product(("Sequential",), (False, True)):
        module = module_of(names, "", "deep", "biases")

        def write(folder: Path, module: Any = module, old: bool = old) -> Path:
            torch.save(module, folder / "net.pt", _use_new_zipfile_serialization=not old)
            return folder / "net.pt"

        name = f"{names}, {'before 1.6' if old else 'archive'}"
        yield Variant(name, write, outputs_of(module), 3, {"activation": "relu"}, refused="tensors only, got also")


def lightning() -> Iterator[Variant]:
    """What Lightning's trainer writes."""
    import lightning
    import torch

    class Task(lightning.LightningModule):  # type: ignore[misc]
        """A module in an attribute."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model
            self.save_hyperparameters({"width": 5})

        def forward(self, x: Any) -> Any:
            return self.model(x)

        def training_step(self, batch: Any, _: int) -> Any:
            return self(batch[0]).square().mean()

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters())

    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(8, 3)), batch_size=4)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    for names, widths, biases in itertools.product(NAMES, ("shallow", "deep"), BIASES):
        task = Task(module_of(names, "", widths, biases))
        quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
        trainer = lightning.Trainer(max_epochs=1, enable_checkpointing=False, **quiet)
        trainer.fit(task, data)

        def write(folder: Path, trainer: Any = trainer) -> Path:
            trainer.save_checkpoint(folder / "last.ckpt")
            return folder / "last.ckpt"

        told = {"activation": "relu"} | ({"layout": "out_in"} if biases == "no biases" else {})
        yield Variant(f"{names}, {widths}, {biases}", write, outputs_of(task.model), 3, told)


def policy_archive(state: dict[str, Any], path: Path) -> Path:
    """A zip as Stable-Baselines3 writes it: settings, and an archive of torch.save within."""
    import torch

    policy = io.BytesIO()
    torch.save(state, policy)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data", json.dumps({"policy_class": {":serialized:": "gAWV"}}))
        archive.writestr("policy.pth", policy.getvalue())
        archive.writestr("_stable_baselines3_version", "2.3.2")
    return path


def stable_baselines3_by_hand() -> Iterator[Variant]:
    """Actor and critic of a policy, one chosen by its prefixes."""
    import torch
    from torch import nn

    for widths, activation in itertools.product(((3, 8, 2), (3, 8, 6, 2)), ("tanh", "relu")):
        make = getattr(nn, ACTIVATIONS[activation])
        heads: dict[str, Any] = {}
        state: dict[str, Any] = {"log_std": torch.zeros(2)}
        for role, last, outputs in (("policy", "action_net", widths[-1]), ("value", "value_net", 1)):
            torch.manual_seed(len(role))
            body = [part for a, b in itertools.pairwise(widths[:-1]) for part in (nn.Linear(a, b), make())]
            head = nn.Linear(widths[-2], outputs)
            heads[role] = (nn.Sequential(*body, head), [f"mlp_extractor.{role}_net", last])
            state |= {f"mlp_extractor.{role}_net.{k}": t for k, t in nn.Sequential(*body).state_dict().items()}
            state |= {f"{last}.{k}": t for k, t in head.state_dict().items()}
        for role, (module, prefix) in heads.items():

            def write(folder: Path, state: dict[str, Any] = state) -> Path:
                return policy_archive(state, folder / "ppo.zip")

            told = {"activation": activation, "prefix": prefix}
            yield Variant(f"{role}, {widths}, {activation}", write, outputs_of(module), 3, told)
        yield Variant(
            f"no prefix, {widths}, {activation}",
            write,
            outputs_of(module),
            3,
            {"activation": activation},
            refused="log_std",
        )


def stable_baselines3() -> Iterator[Variant]:
    """What Stable-Baselines3 itself saves, of four of its algorithms."""
    import gymnasium
    import stable_baselines3
    import torch

    def environment(discrete: bool) -> Any:
        class Still(gymnasium.Env):  # type: ignore[misc]
            """Nothing happens."""

            observation_space = gymnasium.spaces.Box(-1, 1, (3,), np.float32)
            action_space = gymnasium.spaces.Discrete(4) if discrete else gymnasium.spaces.Box(-1, 1, (2,), np.float32)

        return Still()

    heads = (("policy", "action_net"), ("value", "value_net"))
    policy = [(role, [f"mlp_extractor.{role}_net", last]) for role, last in heads]
    parts = {
        **dict.fromkeys(("PPO", "A2C"), policy),
        "DQN": [("q", ["q_net.q_net"]), ("target", ["q_net_target.q_net"])],
        "TD3": [("actor", ["actor.mu"]), ("target", ["actor_target.mu"])],
    }
    for algorithm, sizes in itertools.product(parts, ([8], [8, 6])):
        discrete = algorithm == "DQN"
        activation = "tanh" if algorithm in ("PPO", "A2C") else "relu"
        agent = getattr(stable_baselines3, algorithm)(
            "MlpPolicy", environment(discrete), policy_kwargs={"net_arch": sizes}, device="cpu", seed=0
        )
        for role, prefix in parts[algorithm]:
            layers = [part for name in prefix for part in _flattened(agent.policy.get_submodule(name), torch)]
            # A deterministic actor ends in a tanh of its own, which the state does not say.
            layers = [part for part in layers if not isinstance(part, torch.nn.Flatten)]
            layers = layers[:-1] if isinstance(layers[-1], torch.nn.Tanh) else layers

            def write(folder: Path, agent: Any = agent) -> Path:
                agent.save(folder / "agent.zip")
                return folder / "agent.zip"

            told = {"activation": activation, "prefix": prefix}
            yield Variant(f"{algorithm}, {role}, {sizes}", write, outputs_of(torch.nn.Sequential(*layers)), 3, told)


def _flattened(module: Any, torch: Any) -> list[Any]:
    """The layers of a Sequential, or the layer."""
    return list(module) if isinstance(module, torch.nn.Sequential) else [module]


def scripted() -> Iterator[Variant]:
    """Archives of TorchScript, of modules scripted and traced; frozen ones keep no state: refused."""
    import torch

    for name, module, told, _ in plans():
        if "layers" in told:
            # A submodule that is called model is read as a checkpoint's model, without the prefix.
            told["layers"] = [layer.removeprefix("model.") for layer in told["layers"]]
        for how in ("script", "trace", "frozen") if name.startswith("Sequential") else ("trace",):

            def write(folder: Path, module: Any = module, how: str = how) -> Path:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # TorchScript is deprecated, its files are not gone
                    made = torch.jit.trace(module, torch.zeros(1, 3)) if how == "trace" else torch.jit.script(module)
                    torch.jit.save(torch.jit.freeze(made) if how == "frozen" else made, folder / "net.pt")
                return folder / "net.pt"

            refused = "constants in the code of TorchScript are not read" if how == "frozen" else ""
            yield Variant(f"{name}, {how}", write, outputs_of(module), 3, told, refused)


def exported_programs() -> Iterator[Variant]:
    """Programs of torch.export, with a batch of any size or of one, as traced and in core operators."""
    import torch

    modules = [(f"{a}, deep", module_of("Sequential", "", "deep", "biases", a)) for a in ACTIVATIONS]
    modules += [(name, module) for name, module, *_ in plans(13)]
    for (name, module), (batch, core) in itertools.product(modules, ((True, False), (False, False), (True, True))):

        def write(folder: Path, module: Any = module, batch: bool = batch, core: bool = core) -> Path:
            sizes = ({0: torch.export.Dim("batch")},) if batch else None
            program = torch.export.export(module, (torch.zeros(2, 3),), dynamic_shapes=sizes)
            torch.export.save(program.run_decompositions() if core else program, folder / "net.pt2")
            return folder / "net.pt2"

        kind = f"{name}, {'any' if batch else 'one'} batch{', core operators' if core else ''}"
        # These are taken apart into operators that are no neurons by themselves.
        apart = core and name in ("silu, deep", "softplus, deep")
        yield Variant(kind, write, outputs_of(module), 3, refused="before run_decompositions" if apart else "")


KINDS: dict[str, tuple[tuple[str, ...], Callable[[], Iterator[Variant]]]] = {
    **{kind: (("torch",), lambda kind=kind: saved(kind)) for kind in CONTAINERS},  # type: ignore[misc]
    "PyTorch, Lightning's .ckpt": (("torch", "lightning"), lightning),
    "PyTorch, whole models": (("torch",), whole_models),
    "Stable-Baselines3, by hand": (("torch",), stable_baselines3_by_hand),
    "Stable-Baselines3": (("torch", "stable_baselines3"), stable_baselines3),
    "TorchScript": (("torch",), scripted),
    "torch.export": (("torch",), exported_programs),
}
"""The packages that a kind needs, and its variants."""
