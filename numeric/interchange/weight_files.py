"""Files of weights: .npz, .safetensors, .pt, .onnx. Nothing in a file is executed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from derivations.errors import CellError
from derivations.files import write_whole
from numeric.interchange.convert import Values

READ = (".npz", ".safetensors", ".pt", ".pth")
WRITTEN = (".npz", ".safetensors")


def read_arrays(path: Path) -> Values:
    """The arrays of a file by their names."""
    if path.suffix not in READ:
        raise CellError(f"{path}: unknown kind of file", hint=f"weights are read from {', '.join((*READ, '.onnx'))}")
    try:
        return {".npz": _npz, ".safetensors": _safetensors}.get(path.suffix, _torch)(path)
    except FileNotFoundError:
        raise CellError(f"{path} does not exist") from None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise CellError(f"{path} cannot be read: {error}", hint="nothing was converted") from None


def _npz(path: Path) -> Values:
    with np.load(path, allow_pickle=False) as data:
        if not hasattr(data, "files"):
            raise ValueError("one array without a name")
        return {name: data[name] for name in data.files}


def _safetensors(path: Path) -> Values:
    package = _package("safetensors.numpy", "safetensors")
    try:
        return dict(package.load_file(str(path)))
    except FileNotFoundError:
        raise
    except Exception as error:  # a class of its own
        raise CellError(f"{path} is no safetensors file: {error}") from None


def _torch(path: Path) -> Values:
    torch = _package("torch", "torch")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # pickle's, torch's own
        raise CellError(f"{path} holds more than weights: {type(error).__name__}", hint="save the state_dict of the layer") from None
    if not isinstance(state, dict):
        raise CellError(f"{path} holds a {type(state).__name__}", hint="save the state_dict of the layer")
    return {name: value.numpy() for name, value in state.items()}


def write_arrays(path: Path, arrays: Values) -> Path:
    """Write arrays by their names, whole or not at all."""
    if path.suffix == ".npz":
        stream = io.BytesIO()
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # a keyword for each array
        return write_whole(path, stream.getvalue())
    if path.suffix == ".safetensors":
        return write_whole(path, _package("safetensors.numpy", "safetensors").save(arrays))
    raise CellError(f"{path}: unknown kind of file", hint=f"weights are written to {', '.join((*WRITTEN, '.onnx'))}")


def _package(name: str, extra: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise CellError(f"this kind of file needs the package {extra}", hint=f"pip install {extra}") from None
