"""The networks of the course and of the textbooks, under torchvision's names.

    rv.models.resnet18()                                 the published network
    rv.models.resnet18(num_classes=10, image_size=32)    for pictures of 32x32

Made of `ranvier.nn` alone; eaten by `rv.fit`, `rv.load(…, into=model)` and hand-written
loops. The keys of a state_dict are torchvision's, in its order, so that published
weights load by name. `image_size` of up to 64 swaps the layers that were cut for large
pictures (first convolution, first pooling, wide classifiers) under the same names.
`NextToken(model)` is a language model as `rv.fit` takes it.
"""

from ranvier.models.alexnet import AlexNet, alexnet
from ranvier.models.char_lstm import CharLSTM, char_lstm
from ranvier.models.googlenet import GoogLeNet, GoogLeNetOutputs, googlenet
from ranvier.models.lenet import LeNet5, lenet5
from ranvier.models.mlp import MLP, mlp
from ranvier.models.next_token import NextToken
from ranvier.models.resnet import (
    BasicBlock,
    Bottleneck,
    ResNet,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
)
from ranvier.models.transformer import TransformerLM, transformer
from ranvier.models.vgg import (
    VGG,
    vgg11,
    vgg11_bn,
    vgg13,
    vgg13_bn,
    vgg16,
    vgg16_bn,
    vgg19,
    vgg19_bn,
)

__all__ = [
    "MLP",
    "VGG",
    "AlexNet",
    "BasicBlock",
    "Bottleneck",
    "CharLSTM",
    "GoogLeNet",
    "GoogLeNetOutputs",
    "LeNet5",
    "NextToken",
    "ResNet",
    "TransformerLM",
    "alexnet",
    "char_lstm",
    "googlenet",
    "lenet5",
    "mlp",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "transformer",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]
