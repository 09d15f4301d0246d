"""The libraries of the extra `pellucid[ct]`, what to say where they are missing, and a volume as SimpleITK's."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pellucid.errors import MissingPart

if TYPE_CHECKING:
    from pellucid.data.volumes.volume import Volume


def simple_itk() -> Any:
    """SimpleITK: volumes' files, resampling, distance maps.

    Raises:
        MissingPart: it is not installed.
    """
    return _part("SimpleITK", "SimpleITK")


def connected_components() -> Any:
    """connected-components-3d: groups of voxels that touch.

    Raises:
        MissingPart: it is not installed.
    """
    return _part("cc3d", "connected-components-3d")


def _part(module: str, name: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingPart(f'{name} is needed for CT and not installed: pip install "pellucid[ct]"') from None


def as_image(volume: Volume) -> Any:
    """The volume as SimpleITK's image, in the same place."""
    image = simple_itk().GetImageFromArray(volume.voxels_hu)
    image.SetOrigin(volume.frame.origin_xyz_mm.tolist())
    image.SetSpacing(volume.frame.spacing_xyz_mm.tolist())
    image.SetDirection(volume.frame.direction.ravel().tolist())
    return image
