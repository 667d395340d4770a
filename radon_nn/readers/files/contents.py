"""What kind a file is by its content, whatever its name says: the names of PyTorch's files end in many ways."""

from __future__ import annotations

import zipfile
from pathlib import Path

from radon_nn.readers.files.legacy_states import BEGIN

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
# Where the header of a tar archive has its name.
_TAR, _TAR_AT = b"ustar", 257


def kind_by_content(where: Path) -> str:
    """
    The kind of a file, by its first bytes, and by the members of an archive.

    Parameters
    ----------
    where : path
        A plain file.

    Returns
    -------
    {'npz', 'keras', 'pt', 'pt2', 'h5', 'tar', ''}
        'pt' for what `torch.save`, TorchScript and Stable-Baselines3 write; '' if it is none of these.
    """
    with open(where, "rb") as stream:
        head = stream.read(_TAR_AT + len(_TAR))
    if head.startswith(BEGIN):
        return "pt"
    if head.startswith(_HDF5):
        return "h5"
    if head[_TAR_AT:] == _TAR:
        return "tar"
    if not head.startswith(_ZIP):
        return ""
    try:
        with zipfile.ZipFile(where) as archive:
            names = [name.rpartition("/")[2] if name.count("/") == 1 else name for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
        return ""
    if "archive_format" in names or "serialized_exported_program.json" in names:
        return "pt2"
    if "data.pkl" in names or "policy.pth" in names:
        return "pt"
    if "model.weights.h5" in names:
        return "keras"
    return "npz" if names and all(name.endswith(".npy") for name in names) else ""
