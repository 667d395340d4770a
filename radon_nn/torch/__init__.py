"""
PyTorch: the path norm as a penalty and by proximal steps, the Radon transform inside autograd, networks as modules.

It is imported by its name, `import radon_nn.torch`; `radon_nn` itself never imports PyTorch.
"""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError("radon_nn.torch: expected PyTorch, got none; pip install 'radon-nn[torch]'") from error

from radon_nn.readers.path_norms import path_norm
from radon_nn.torch.modules import to_torch
from radon_nn.torch.proximal import ProximalPathNorm
from radon_nn.torch.proximal_steps import proximal_norms
from radon_nn.torch.transforms import RadonTransform

__all__ = ["ProximalPathNorm", "RadonTransform", "path_norm", "proximal_norms", "to_torch"]
