"""A chest of a quarter of the usual size, so that the whole pipeline is quick: two lungs, a windpipe, and balls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom

from pellucid.ct.planted import PlantedNodule
from pellucid.data.volumes import Frame, Volume

SHAPE = (80, 110, 178)
FRAME = Frame(np.array([-80.0, -55.0, 10.0]), np.array([0.9, 1.0, 1.25]), np.eye(3))  # lopsided: a swapped axis shows
RIGHT, LEFT = (-34.0, 0.0, 60.0), (34.0, 0.0, 60.0)
BALLS = (((-40.0, 5.0, 60.0), 6.0), ((-32.0, -12.0, 50.0), 7.0), ((36.0, 6.0, 70.0), 6.5))


def chest(name: str, balls=BALLS, seed: int = 0, lungs=(RIGHT, LEFT)) -> Volume:
    """HU of a body of 40 HU with lungs of -850 HU; balls (centre in mm, diameter) are of 40 HU too."""
    index = np.stack(np.indices(SHAPE), axis=-1).reshape(-1, 3).astype(float)
    x, y, z = (along.reshape(SHAPE) for along in FRAME.to_xyz_mm(index).T)
    hu = np.where((y / 52) ** 2 + (x / 77) ** 2 <= 1, 40.0, -1000.0)
    for cx, cy, cz in lungs:
        hu[((x - cx) / 26) ** 2 + ((y - cy) / 38) ** 2 + ((z - cz) / 42) ** 2 <= 1] = -850
    hu[(x**2 + y**2 <= 25) & (z >= 55)] = -1000
    for (cx, cy, cz), diameter in balls:
        hu[(x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 <= (diameter / 2) ** 2] = 40
    hu += np.random.default_rng(seed).normal(0, 15, SHAPE)
    return Volume(hu.astype(np.int16), FRAME, name)


def truth(balls=BALLS) -> list[PlantedNodule]:
    return [PlantedNodule(centre, diameter, "solid", "") for centre, diameter in balls]


def write_dicom(folder: Path, volume: Volume, uid: str) -> Path:
    """A file for each slice, as a scanner writes them."""
    folder.mkdir(parents=True)
    for number, pixels in enumerate(volume.voxels_hu):
        dataset = pydicom.Dataset()
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.{number + 1}"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "1.2.3", uid, "1.2.9"
        dataset.Modality, dataset.SeriesDescription, dataset.InstanceNumber = "CT", "CHEST", number + 1
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.ImagePositionPatient = volume.frame.to_xyz_mm(np.array([[float(number), 0.0, 0.0]]))[0].tolist()
        across, down, between = volume.frame.spacing_xyz_mm.tolist()
        dataset.PixelSpacing, dataset.SliceThickness = [down, across], between
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
        dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1100
        dataset.PixelData = (pixels.astype(np.int32) + 1100).astype(np.uint16).tobytes()
        dataset["PixelData"].VR = "OW"
        pydicom.dcmwrite(folder / f"{number:03}.dcm", dataset, enforce_file_format=True)
    return folder
