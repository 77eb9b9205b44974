"""From a photo to the one face that products can be laid on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from tryon.engine import model_files
from tryon.engine.arrays import Array
from tryon.engine.errors import ModelsError, PhotoError
from tryon.engine.faces import Detection, Face
from tryon.engine.nets import Detector, Net, sigmoid
from tryon.engine.squares import Square

# Each further pass centres the mesh on itself, which steadies it.
PASSES = 3
# An eye's first point in the mesh: its corners, and the lids that its iris takes its depth from.
IRISES = {
    468: (33, 133, (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)),
    473: (362, 263, (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384,
                     398)),
}  # fmt: skip
TURNS = (
    Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180,
)  # fmt: skip
DOUBTFUL, SURE, SURER_BY, UPRIGHT = 0.8, 0.85, 0.12, math.radians(30)
PRESENT, CANDIDATES = 0.5, 4
# How far detector and mesh may disagree about the eyes; drawings pass each of them, unsurely.
AGREEING, AGREEING_IN_DOUBT, IN_DOUBT = 0.4, 0.25, 0.7
SECOND_FACE, OUTSIDE, SMALLEST_EYE_GAP, MOST_YAW, MOST_ROLL = 0.6, 0.12, 36, 38, 50


class FaceModels:
    """The models of a process; each is loaded when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _net(self, name: str, lowest: float = 0.0) -> Net:
        return Net(self._folder / f"{name}.tflite", lowest)

    @cached_property
    def _far(self) -> Detector:
        return Detector(self._net("face_detection_full_range_sparse", -1), [(4, 1)])

    @cached_property
    def _near(self) -> Detector:
        return Detector(self._net("face_detection_short_range", -1), [(8, 2), (16, 6)])

    @cached_property
    def _mesh(self) -> Net:
        return self._net("face_landmark")

    @cached_property
    def _iris(self) -> Net:
        return self._net("iris_landmark")

    @cached_property
    def _person(self) -> Net:
        return self._net("selfie_segmentation")

    @cached_property
    def _people(self) -> Detector:
        return Detector(self._net("pose_detection", -1), [(8, 2), (16, 2), (32, 6)])

    @cached_property
    def _body(self) -> Net:
        return self._net("pose_landmark_full")

    def detect(self, photo: Image.Image) -> list[Detection]:
        """Faces, the largest first. The second model only helps out: it misses small ones."""
        return sorted(self._far(photo) or self._near(photo), key=lambda one: -one.size)

    def face(self, photo: Image.Image, found: Detection) -> Face:
        """The points of a face that was detected."""
        centre = (found.box[:2] + found.box[2:]) / 2
        square = Square(x=centre[0], y=centre[1], size=1.5 * found.size, angle=found.roll)
        for _ in range(PASSES):
            raw, flag = self._mesh(square.crop(photo, self._mesh.side))
            mesh = raw.reshape(468, 3) / self._mesh.side
            points = np.column_stack([square.to_photo(mesh[:, :2]), mesh[:, 2] * square.size])
            square = _around(points)
        irises = [self._iris_points(photo, points, eye) for eye in IRISES]
        presence = float(sigmoid(flag.ravel()[0]))
        return Face(detection=found, points=np.concatenate([points, *irises]), presence=presence)

    def _iris_points(self, photo: Image.Image, points: Array, eye: int) -> Array:
        """The iris' centre, then its rim. The model knows the person's left eye only mirrored."""
        first, last, lids = IRISES[eye]
        x, y = points[last, :2] - points[first, :2]
        centre = (points[first, :2] + points[last, :2]) / 2
        square = Square(
            x=centre[0], y=centre[1], size=2.3 * math.hypot(x, y), angle=math.atan2(y, x)
        )
        mirror = eye == 473
        answer = self._iris(square.crop(photo, self._iris.side, mirror=mirror))[1]
        found = answer.reshape(5, 3)[:, :2] / self._iris.side
        if mirror:
            found = (found * [-1, 1] + [1, 0])[[0, 3, 2, 1, 4]]
        return np.column_stack([square.to_photo(found), np.full(5, points[list(lids), 2].mean())])

    def person(self, photo: Image.Image) -> Array:
        """How surely each pixel shows the person, 0..1."""
        side = self._person.side
        small = photo.resize((side, side), Image.Resampling.BILINEAR)
        mask = self._person(np.asarray(small, np.float32))[0][..., 0]
        return np.asarray(Image.fromarray(mask).resize(photo.size, Image.Resampling.BILINEAR))

    def shoulders(self, photo: Image.Image) -> Array | None:
        """The shoulder joints, left and right in the picture, or None where they aren't seen."""
        found = self._people(photo)
        if not found:
            return None
        hips, top = max(found, key=lambda one: one.score).keypoints[:2]
        x, y = top - hips
        square = Square(x=hips[0], y=hips[1], size=2.5 * math.hypot(x, y), angle=math.atan2(x, -y))
        raw, certain = self._body(square.crop(photo, self._body.side))[:2]
        joints = raw.reshape(39, 5)[[12, 11]]
        if certain.ravel()[0] < PRESENT or sigmoid(joints[:, 3]).min() < PRESENT:
            return None
        return square.to_photo(joints[:, :2] / self._body.side)


def _around(points: Array) -> Square:
    """The square of a face, upright on the line between the eyes' corners."""
    x, y = points[263, :2] - points[33, :2]
    turn = Square(x=0, y=0, size=1, angle=math.atan2(y, x))
    inside = points[:, :2] @ turn.matrix
    low, high = inside.min(0), inside.max(0)
    centre = turn.matrix @ ((low + high) / 2)
    return Square(x=centre[0], y=centre[1], size=1.5 * max(high - low), angle=turn.angle)


def analyse(models: FaceModels, photo: Image.Image) -> tuple[Image.Image, Face]:
    """The photo the right way up, and its one face; raises ``PhotoError``."""
    photo, found = upright(models, photo)
    faces = [one for one in _faces(models, photo, found) if _agree(one)]
    if not faces:
        raise PhotoError("no_landmarks" if found and found[0].score >= SURE else "no_face")
    face = faces[0]
    refused = next(_refusals(face, faces[1:], photo), None)
    if refused:
        raise PhotoError(refused)
    return photo, face


def _faces(models: FaceModels, photo: Image.Image, found: list[Detection]) -> Iterator[Face]:
    # Animals and drawings pass the detector, not the mesh.
    faces = (models.face(photo, one) for one in found[:CANDIDATES])
    return (one for one in faces if one.presence >= PRESENT)


def _agree(face: Face) -> bool:
    most = AGREEING if face.detection.score >= IN_DOUBT else AGREEING_IN_DOUBT
    return face.disagreement <= most


def _refusals(face: Face, others: list[Face], photo: Image.Image) -> Iterator[str]:
    if any(one.detection.size > SECOND_FACE * face.detection.size for one in others):
        yield "several_faces"
    if face.outside(*photo.size) > OUTSIDE:
        yield "face_cut_off"
    if face.eye_gap < SMALLEST_EYE_GAP:
        yield "face_too_small"
    if abs(face.yaw) > MOST_YAW:
        yield "turned_too_far"
    if abs(face.roll) > MOST_ROLL:
        yield "tilted"


def upright(models: FaceModels, photo: Image.Image) -> tuple[Image.Image, list[Detection]]:
    """Photos whose tag for turning was lost are turned until a face stands upright in them."""
    found = models.detect(photo)
    score = found[0].score if found else 0.0
    if score >= DOUBTFUL:
        return photo, found
    least, best = max(SURE, score + SURER_BY), (photo, found)
    for turn in TURNS:
        turned = photo.transpose(turn)
        others = models.detect(turned)
        if others and others[0].score > least and abs(others[0].roll) < UPRIGHT:
            least, best = others[0].score, (turned, others)
    return best


@lru_cache(maxsize=1)
def loaded(folder: Path) -> FaceModels:
    """The models of this process; only called where a photo is at hand, so after any fork."""
    absent = model_files.missing(folder)
    if absent:
        raise ModelsError(
            f"{len(absent)} of the face models are not in {folder}: manage.py fetch_face_models"
        )
    return FaceModels(folder)
