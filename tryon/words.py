"""What every code says: to shoppers, and to staff who are asked about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A sentence with what to do for shoppers; advice for staff."""

    shopper: str
    staff: str


def _say(shopper: str, staff: str) -> Saying:
    return Saying(shopper=shopper, staff=staff)


PHOTO = "The shopper needs another photo."
PRODUCT = "Open the product under Wearable products."
SAYINGS = {
    # The photo as a file
    "not_a_picture": _say("This file is no photo. Choose a JPEG, PNG or WebP picture.", PHOTO),
    "picture_broken": _say("This photo is damaged. Choose another one, or take it again.", PHOTO),
    "picture_too_large": _say("This photo is too large. Choose one of at most 10 MB.", PHOTO),
    "too_many_pixels": _say("This photo is too large. Choose one of at most 40 megapixels.", PHOTO),
    "picture_too_small": _say("This photo is too small to see a face. Choose a larger one.", PHOTO),
    "animated": _say("This is an animation. Choose a photo.", PHOTO),
    # The photo as an address
    "address_refused": _say(
        "Photos can’t be taken from this address. Upload the photo instead.",
        "Its host is not in TRYON_SELFIE_HOSTS, or leads to a private address.",
    ),
    "not_fetched": _say(
        "The photo could not be loaded from this address. Upload it instead.",
        "The host refused, redirected, was too slow, or sent too much.",
    ),
    # The face
    "no_face": _say("We see no face in this photo. Look into the camera, in good light.", PHOTO),
    "no_landmarks": _say(
        "We can’t make out the face in this photo. Look into the camera, without anything before "
        "the face.", PHOTO,
    ),
    "several_faces": _say("There are several faces in this photo. Choose one of you alone.", PHOTO),
    "face_cut_off": _say("The face is cut off. Choose a photo of your whole face.", PHOTO),
    "face_too_small": _say("The face is too small. Come closer to the camera.", PHOTO),
    "turned_too_far": _say("The head is turned too far. Look into the camera.", PHOTO),
    "tilted": _say("The head is tilted too far. Hold it upright.", PHOTO),
    # The product
    "ear_not_visible": _say(
        "The ears can’t be seen in this photo. Choose one that shows them.", PHOTO
    ),
    "kind_unknown": _say(
        "This product can’t be tried on.",
        "No rule for kinds fits the product. Set its kind, or add a word to the rules.",
    ),
    "kind_off": _say(
        "This product can’t be tried on.", "Tops are a beta: TRYON_TOPS=True turns them on."
    ),
    "no_picture": _say(
        "This product has no picture yet, so it can’t be tried on.",
        "Add a picture to the product in the store.",
    ),
    "picture_unreachable": _say(
        "This product can’t be tried on now. Try again later.",
        "Its picture could not be loaded, or its host is not in TRYON_PICTURE_HOSTS.",
    ),
    "product_cutout_poor": _say(
        "This product’s picture can’t be used for trying on.",
        "The product can’t be told from its background. Give it a PNG with a transparent one.",
    ),
    "product_gone": _say("This product is no longer sold.", PRODUCT),
    "nothing_worn": _say(
        "None of the products can be tried on with this photo.",
        "Each of its pictures says why.",
    ),
    "expired": _say(
        "Your photo was erased before the pictures were made. Start again.",
        "The queue “tryon” was not worked on for as long as photos are kept: start its worker.",
    ),
    "internal": _say(
        "Something went wrong on our side. Try again later.",
        "The worker’s log has the error. Retry the session once it is mended.",
    ),
}  # fmt: skip


def shopper(code: str) -> str:
    """The sentence for a code; '' for none."""
    return SAYINGS[code].shopper if code else ""


def staff(code: str) -> str:
    return SAYINGS[code].staff if code else ""
