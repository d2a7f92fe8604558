"""What is done to data between the file and the model.

    Normalize, Whiten, …     fitted on the training part, applied to every part; kept in
                             the model's file (`state`)
    RandomRotation, …        drawn anew in every step, for the training part alone;
                             compiled into the run

Eaten by `Dataset.transformed` and `Dataset.augmented`. Names and arguments are
torchvision's and scikit-learn's where they have the thing.
"""

from ranvier.data.transforms.augment import Augment, Lambda
from ranvier.data.transforms.augmentation import Augmentation
from ranvier.data.transforms.categories import Categories, OneHot
from ranvier.data.transforms.geometry import (
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
)
from ranvier.data.transforms.grayscale import Grayscale
from ranvier.data.transforms.impute import Impute
from ranvier.data.transforms.mixup import MixUp
from ranvier.data.transforms.normalize import Normalize
from ranvier.data.transforms.pixels import GaussianNoise, RandomErasing
from ranvier.data.transforms.state import from_json, to_json
from ranvier.data.transforms.transform import Compose, Transform
from ranvier.data.transforms.whiten import Whiten

__all__ = [
    "Augment",
    "Augmentation",
    "Categories",
    "Compose",
    "GaussianNoise",
    "Grayscale",
    "Impute",
    "Lambda",
    "MixUp",
    "Normalize",
    "OneHot",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomVerticalFlip",
    "Transform",
    "Whiten",
    "from_json",
    "to_json",
]
