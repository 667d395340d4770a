"""What torch.fx makes of a module: its operations, without its weights, and those that depend on weights only."""

from __future__ import annotations

import importlib
from typing import Any


def program_of(model: Any) -> Any:
    """
    The operations of a module's forward method, without its weights.

    Parameters
    ----------
    model : torch.nn.Module
        The model.

    Returns
    -------
    torch.fx.Graph
        The operations, valid as long as the model has the same parts and does the same with them.

    Raises
    ------
    ValueError
        If it cannot be traced.
    """
    fx = importlib.import_module("torch.fx")
    try:
        return fx.Tracer().trace(whole(model, fx))
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{type(model).__name__}: expected a forward method that torch.fx can trace, got {type(error).__name__}: "
            f"{reason}; hand over an nn.Sequential of the same layers"
        ) from error


def whole(model: Any, fx: Any) -> Any:
    """
    The module itself, where torch.compile wrapped it; a single layer as part of a model.

    Parameters
    ----------
    model : torch.nn.Module
        The model.
    fx : module
        The module torch.fx.

    Returns
    -------
    torch.nn.Module
        What is traced.
    """
    model = getattr(model, "_orig_mod", model)
    # Within a model a layer is read by its class; alone, its own operations would be traced.
    alone = fx.Tracer().is_leaf_module(model, "")
    return importlib.import_module("torch.nn").Sequential(model) if alone else model


def constants_of(program: Any, model: Any, fx: Any) -> dict[Any, Any]:
    """
    The nodes that depend on parameters only, computed by torch itself.

    Parameters
    ----------
    program : torch.fx.Graph
        The operations.
    model : torch.nn.Module
        The model.
    fx : module
        The module torch.fx.

    Returns
    -------
    dict
        Their values, by node.
    """
    found: dict[Any, Any] = {}
    for node in program.nodes:
        if node.op == "get_attr":
            found[node] = _attribute(model, node.target)
        elif node.op.startswith("call_") and node.op != "call_module" and node.all_input_nodes:
            if not all(before in found for before in node.all_input_nodes):
                continue
            arguments, options = fx.node.map_arg((node.args, node.kwargs), found.__getitem__)
            method = isinstance(node.target, str)
            call = getattr(arguments[0], node.target) if method else node.target
            found[node] = call(*arguments[1:] if method else arguments, **options)
    return found


def _attribute(model: Any, path: str) -> Any:
    for part in path.split("."):
        model = getattr(model, part)
    return model
