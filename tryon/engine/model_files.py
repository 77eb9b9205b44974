"""The face models: files out of a pinned wheel of MediaPipe (Apache-2.0), never installed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tryon.engine.errors import ModelsError

VERSION = "0.10.21"
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
# Where the wheel has each, and its SHA-256.
FILES = {
    "face_detection/face_detection_full_range_sparse.tflite":
        "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    "face_detection/face_detection_short_range.tflite":
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    "face_landmark/face_landmark.tflite":
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    "iris_landmark/iris_landmark.tflite":
        "d1744d2a09c25f501d39eba4faff47e53ecca8852c5ce19bce8eeac39357521f",
    "selfie_segmentation/selfie_segmentation.tflite":
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    "pose_detection/pose_detection.tflite":
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
    "pose_landmark/pose_landmark_full.tflite":
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
}  # fmt: skip
# Any machine may unpack the Linux wheel: the models are the same everywhere.
TARGET = (
    "--no-deps", "--only-binary=:all:", "--python-version=3.11", "--implementation=cp",
    "--abi=cp311", "--platform=manylinux_2_28_x86_64",
)  # fmt: skip


def missing(folder: Path) -> list[str]:
    """The models that are not there or not as they should be."""
    return [
        name
        for name, digest in FILES.items()
        if not (file := folder / Path(name).name).is_file() or _sha256(file.read_bytes()) != digest
    ]


def fetch(folder: Path, wheel: Path | None = None) -> bool:
    """Have every model in the folder; False where they were there. Raises ``ModelsError``."""
    if not missing(folder):
        return False
    with tempfile.TemporaryDirectory() as temporary:
        extract(wheel or _download(Path(temporary)), folder)
    return True


def extract(wheel: Path, folder: Path) -> None:
    """Take the models out of the wheel, each checked and put in its place in one step."""
    if not wheel.is_file() or _sha256(wheel.read_bytes()) != WHEEL_SHA256:
        raise ModelsError(
            f"{wheel} is not the wheel of mediapipe {VERSION} for Linux, Python 3.11."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name, digest in FILES.items():
            content = archive.read(f"mediapipe/modules/{name}")
            if _sha256(content) != digest:
                raise ModelsError(f"{name} in {wheel} is not the model that was expected.")
            _put(folder / Path(name).name, content)
        notice = archive.read(f"mediapipe-{VERSION}.dist-info/LICENSE")
        _put(folder / "LICENSE.mediapipe", notice)


def _download(folder: Path) -> Path:
    wanted = folder / "wheel.txt"
    wanted.write_text(f"mediapipe=={VERSION} --hash=sha256:{WHEEL_SHA256}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "--require-hashes", *TARGET, "--dest", str(folder), "--requirement", str(wanted)],
        check=False,
    )
    found = next(folder.glob("*.whl"), None)
    if done.returncode or found is None:
        raise ModelsError(
            f"pip could not download mediapipe {VERSION}; its words are above. Without a package "
            "index, download the wheel elsewhere and name it: fetch_face_models --wheel FILE"
        )
    return found


def _put(file: Path, content: bytes) -> None:
    part = file.with_suffix(".part")
    part.write_bytes(content)
    part.replace(file)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
