"""docs/en/messages.md and docs/zh/messages.md: the messages that a newcomer meets.

    python docs/make_messages.py

Every mistake in MISTAKES is made, and the page shows what Ranvier says. A test makes
the pages again and compares, so they cannot drift from the code.
"""

from __future__ import annotations

import os
import tempfile
import textwrap
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).resolve().parent
PAGES = {"en": DOCS / "en" / "messages.md", "zh": DOCS / "zh" / "messages.md"}

HEADS = {
    "en": """\
# Messages

The messages that a newcomer meets, each with the mistake that gives it. A message says
what happened with your values, what was expected, and what to type instead. All errors
are subclasses of `ranvier.errors.RanvierError`, and of the built-in error that fits
(`ShapeError` is a `ValueError`, `DTypeError` a `TypeError`). The examples begin with

    import numpy as np
    import ranvier as rv
    from ranvier import nn, optim

This page is made by `docs/make_messages.py`, which makes the mistakes.
""",
    "zh": """\
# 报错信息

初学者常见的报错信息，以及引起它的错误写法。每条信息说明三件事：
您的数据出了什么问题、期望的是什么、应当改成什么。
所有错误都是 `ranvier.errors.RanvierError` 的子类，同时也是相应内置异常的子类
（`ShapeError` 是 `ValueError`，`DTypeError` 是 `TypeError`）。
示例都以下面几行开头：

    import numpy as np
    import ranvier as rv
    from ranvier import nn, optim

本页由 `docs/make_messages.py` 实际运行这些错误写法而生成。
""",
}


class Mistake(NamedTuple):
    """A title in both languages, and the code whose last statement is the mistake."""

    en: str
    zh: str
    code: str


MISTAKES = {
    ("Shapes and types", "形状与类型"): [
        Mistake(
            "Two shapes do not broadcast",
            "两个形状无法广播",
            "rv.ones(2, 3) + rv.ones(2)",
        ),
        Mistake(
            "The inner sizes of a matrix product differ",
            "矩阵乘法的内侧维度不相等",
            "rv.ones(2, 3) @ rv.ones(2, 3)",
        ),
        Mistake(
            "A layer that does not fit the one before it",
            "某一层与前一层不匹配",
            """\
            model = nn.Sequential(nn.Linear(784, 10), nn.ReLU(), nn.Linear(14, 10))
            model(rv.zeros(32, 784))
            """,
        ),
        Mistake(
            "Pictures that were not flattened",
            "图片没有展平",
            "nn.Linear(784, 10)(rv.zeros(32, 28, 28))",
        ),
        Mistake(
            "float64 data, float32 weights",
            "数据是 float64，权重是 float32",
            "nn.Linear(2, 1)(rv.tensor(np.ones((4, 2))))",
        ),
        Mistake(
            "A mean of integers",
            "对整数求平均",
            "rv.arange(3).mean()",
        ),
        Mistake(
            "The truth of several values",
            "把多个值当作真假判断",
            """\
            if rv.ones(2) > 0:
                print("yes")
            """,
        ),
    ],
    ("Losses and labels", "损失函数与标签"): [
        Mistake(
            "(n, 1) against (n)",
            "(n, 1) 与 (n) 比较",
            "nn.MSELoss()(rv.zeros(5, 1), rv.zeros(5))",
        ),
        Mistake(
            "Labels that are not integers",
            "标签不是整数",
            "nn.CrossEntropyLoss()(rv.zeros(4, 3), rv.zeros(4))",
        ),
        Mistake(
            "A label that no output stands for",
            "标签超出类别范围",
            "nn.CrossEntropyLoss()(rv.zeros(4, 3), rv.tensor([0, 1, 2, 3]))",
        ),
        Mistake(
            "Softmax before the cross-entropy (a warning)",
            "在交叉熵之前又做了 softmax（警告）",
            """\
            scores = rv.softmax(rv.zeros(2, 3), dim=1)
            nn.CrossEntropyLoss()(scores, rv.tensor([0, 1]))
            """,
        ),
    ],
    ("Gradients", "梯度"): [
        Mistake(
            "Nothing to differentiate",
            "没有可求导的量",
            "rv.ones(2).sum().backward()",
        ),
        Mistake(
            "backward() on several numbers",
            "对多个数调用 backward()",
            """\
            x = rv.ones(2, requires_grad=True)
            (2 * x).backward()
            """,
        ),
        Mistake(
            "backward() a second time",
            "第二次调用 backward()",
            """\
            x = rv.ones(2, requires_grad=True)
            loss = (x * x).sum()
            loss.backward()
            loss.backward()
            """,
        ),
        Mistake(
            "Changing a parameter in place",
            "就地修改参数",
            """\
            w = rv.ones(2, requires_grad=True)
            w += 1
            """,
        ),
        Mistake(
            "numpy() of something that requires a gradient",
            "对需要梯度的张量调用 numpy()",
            "rv.ones(2, requires_grad=True).numpy()",
        ),
    ],
    ("Models and optimisers", "模型与优化器"): [
        Mistake(
            "super().__init__() was forgotten",
            "忘了调用 super().__init__()",
            """\
            class Net(nn.Module):
                def __init__(self):
                    self.fc = nn.Linear(2, 1)


            Net()
            """,
        ),
        Mistake(
            "A class where a layer is meant",
            "写成了类而不是层的实例",
            "nn.Sequential(nn.Linear(2, 3), nn.ReLU)",
        ),
        Mistake(
            "A learning rate of 0",
            "学习率为 0",
            "optim.Adam(nn.Linear(1, 1).parameters(), lr=0)",
        ),
        Mistake(
            "Weights of another model",
            "载入了别的模型的权重",
            """\
            state = nn.Linear(3, 1).state_dict()
            nn.Linear(2, 1).load_state_dict(state)
            """,
        ),
        Mistake("A misspelt name", "名字拼错", "rv.sigmiod(rv.ones(2))"),
    ],
    ("Data and fit", "数据与 fit"): [
        Mistake(
            "Inputs and targets of different lengths",
            "输入与目标的长度不同",
            "rv.data.DataLoader((rv.ones(4, 2), rv.ones(3)), batch_size=2)",
        ),
        Mistake(
            "A mini-batch larger than the data",
            "小批量大于数据",
            """\
            model = nn.Linear(3, 2)
            rv.fit(
                model,
                (np.zeros((8, 3), "float32"), np.zeros(8, int)),
                loss=nn.CrossEntropyLoss(),
                optimizer=optim.SGD(model.parameters(), lr=0.1),
                epochs=2,
                batch_size=9,
            )
            """,
        ),
        Mistake(
            "NaN in the inputs",
            "输入中有 NaN",
            """\
            model = nn.Linear(3, 2)
            x = np.zeros((8, 3), "float32")
            x[5, 1] = np.nan
            rv.fit(
                model,
                (x, np.zeros(8, int)),
                loss=nn.CrossEntropyLoss(),
                optimizer=optim.SGD(model.parameters(), lr=0.1),
                epochs=2,
                batch_size=4,
            )
            """,
        ),
        Mistake(
            "Patience without a validation set",
            "设了早停耐心值却没有验证集",
            """\
            model = nn.Linear(3, 2)
            rv.fit(
                model,
                (np.zeros((8, 3), "float32"), np.zeros(8, int)),
                loss=nn.CrossEntropyLoss(),
                optimizer=optim.SGD(model.parameters(), lr=0.1),
                epochs=20,
                batch_size=4,
                patience=3,
            )
            """,
        ),
        Mistake(
            "The loss grows beyond all bounds",
            "损失发散",
            """\
            model = nn.Linear(1, 1)
            x = np.arange(8, dtype="float32").reshape(8, 1)
            rv.fit(
                model,
                (x, 2 * x),
                loss=nn.MSELoss(),
                optimizer=optim.SGD(model.parameters(), lr=100.0),
                epochs=50,
                batch_size=8,
            )
            """,
        ),
        Mistake(
            "A sweep over a name that nobody takes",
            "扫描中的设置名没有人认得",
            """\
            rv.sweep(
                lambda units: nn.Linear(3, units),
                (np.zeros((8, 3), "float32"), np.zeros((8, 2), "float32")),
                loss=nn.MSELoss(),
                optimizer=optim.Adam,
                grid={"unit": [2, 4]},
                epochs=1,
            )
            """,
        ),
        Mistake(
            "A sweep over a single value that is no list",
            "扫描的取值不是列表",
            """\
            rv.sweep(
                lambda: nn.Linear(3, 2),
                (np.zeros((8, 3), "float32"), np.zeros((8, 2), "float32")),
                loss=nn.MSELoss(),
                optimizer=optim.Adam,
                grid={"lr": 0.1},
                epochs=1,
            )
            """,
        ),
        Mistake("An unknown data set", "数据集名字未知", 'rv.data.load("mnits")'),
    ],
    ("Compiled functions", "编译的函数"): [
        Mistake(
            "An if on a value inside",
            "在编译的函数里对数值做 if 判断",
            """\
            @rv.compile
            def f(x):
                return x if x.sum() > 0 else -x


            f(rv.ones(3))
            """,
        ),
        Mistake(
            "A gradient that was not kept",
            "没有保留的梯度",
            """\
            model = nn.Linear(2, 1)
            optimizer = optim.SGD(model.parameters(), lr=0.1)


            @rv.compile
            def step(x):
                optimizer.zero_grad()
                loss = model(x).sum()
                loss.backward()
                optimizer.step()
                return loss


            step(rv.ones(3, 2))
            model.weight.grad.numpy()
            """,
        ),
        Mistake(
            "explain before the first call",
            "第一次调用之前就要 explain",
            "rv.explain(rv.compile(lambda x: 2 * x))",
        ),
    ],
    ("In place, views, files", "就地修改、视图、文件"): [
        Mistake(
            "Writing into a view that shows a place twice",
            "写入重复显示同一位置的视图",
            """\
            x = rv.zeros(2, 1)
            x.expand(2, 3).fill_(1.0)
            """,
        ),
        Mistake(
            "Another shape for a tensor whose view is in use",
            "改变仍有视图在用的张量的形状",
            """\
            x = rv.zeros(2, 3)
            y = x[0]
            x.t_()
            """,
        ),
        Mistake("A slice that runs backwards", "步长为负的切片", "rv.arange(4)[::-1]"),
        Mistake("Another device", "别的设备", 'rv.ones(2).to("cuda")'),
        Mistake(
            "Pickling a tensor",
            "用 pickle 保存张量",
            """\
            import pickle

            pickle.dumps(rv.ones(2))
            """,
        ),
        Mistake("A missing file", "文件不存在", 'rv.load("model.safetensors")'),
    ],
    ("Runs", "训练结果"): [
        Mistake(
            "Several seeds of a model that was initialised in another way",
            "以别的方式初始化的模型，多个种子",
            """\
            data = rv.ones(8, 30), rv.ones(8, 1)
            model = nn.Linear(30, 1)
            nn.init.zeros_(model.weight)
            sgd = optim.SGD(model.parameters(), lr=0.1)
            rv.fit(model, data, loss=nn.MSELoss(), optimizer=sgd, epochs=1, seeds=5)
            """,
        ),
        Mistake("Nothing to compare with", "没有可比较的", 'rv.compare("runs/mnist")'),
        Mistake(
            "A folder that holds no run",
            "不含训练结果的文件夹",
            'rv.compare("runs/mnist", "runs/other")',
        ),
    ],
}


def render(language: str) -> str:
    """The page in this language."""
    which = ("en", "zh").index(language)
    parts = [HEADS[language]]
    for group, mistakes in MISTAKES.items():
        parts.append(f"## {group[which]}\n")
        for mistake in mistakes:
            code = textwrap.dedent(mistake.code).strip()
            parts.append(f"### {mistake[which]}\n")
            parts.append(f"```py\n{code}\n```\n")
            parts.append(f"```text\n{wrapped(said(code))}\n```\n")
    return "\n".join(parts)


def said(code: str) -> str:
    """Kind and text of the error or warning that the code gives."""
    import numpy as np

    import ranvier as rv

    rv.manual_seed(0)
    names = {"np": np, "rv": rv, "nn": rv.nn, "optim": rv.optim}
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        os.chdir(folder)
        try:
            exec(compile(code, "<mistake>", "exec"), names)
        except Exception as error:
            traceback.clear_frames(error.__traceback__)
            return f"{type(error).__name__}: {error}"
        finally:
            os.chdir(home)
    raise AssertionError(f"no message for:\n{code}")


def wrapped(message: str) -> str:
    """Lines of a readable length."""
    lines = message.splitlines()
    return "\n".join(textwrap.fill(line, 88, break_on_hyphens=False) for line in lines)


def main() -> None:
    for language, page in PAGES.items():
        page.write_text(render(language), "utf-8")


if __name__ == "__main__":
    main()
