"""The face models: what is taken for them, and what is not."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command

from tryon.engine import analysis, model_files
from tryon.engine.errors import ModelsError


@pytest.fixture
def folder(tmp_path):
    """A copy of the models."""
    return Path(shutil.copytree(configured.TRYON_MODELS, tmp_path / "models"))


def test_what_is_there_is_not_fetched_again(folder, settings, capsys):
    settings.TRYON_MODELS = folder
    call_command("fetch_face_models")
    assert capsys.readouterr().out == f"Already there: 7 face models in {folder}\n"


def test_an_altered_or_absent_model_is_missing(folder):
    (folder / "face_landmark.tflite").write_bytes(b"altered")
    (folder / "iris_landmark.tflite").unlink()
    assert model_files.missing(folder) == [
        "face_landmark/face_landmark.tflite", "iris_landmark/iris_landmark.tflite",
    ]  # fmt: skip
    with pytest.raises(ModelsError, match="fetch_face_models"):
        analysis.loaded(folder)


def test_another_wheel_is_refused_and_nothing_is_written(tmp_path, settings):
    settings.TRYON_MODELS = tmp_path / "models"
    wheel = tmp_path / "mediapipe-0.10.21.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mediapipe/modules/face_landmark/face_landmark.tflite", b"another")
    with pytest.raises(CommandError, match="is not the wheel of mediapipe"):
        call_command("fetch_face_models", "--wheel", str(wheel))
    with pytest.raises(CommandError, match="is not the wheel"):
        call_command("fetch_face_models", "--wheel", str(tmp_path / "none.whl"))
    assert not (tmp_path / "models").exists()
