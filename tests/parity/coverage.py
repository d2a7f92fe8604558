"""The page of coverage: function × (interpreted, native, gradient, second gradient).

A function is what a row's name begins with; its marks come from all of its rows. The
marks say what the tests of these rows compare, so a page is written only after a run in
which all of them passed (`make_coverage.py`).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from parity import reference
from parity.case import ELSEWHERE, NO_SECOND, Case

TABLES = sorted(p.stem for p in (Path(__file__).parent / "tables").glob("[a-z]*.py"))
DOCS = Path(__file__).parents[2] / "docs"
PAGES = {language: DOCS / language / "coverage.md" for language in ("en", "zh")}
YES, PARTLY, NO = "✓", "◐", "–"

WORDS = {
    "en": {
        "title": "Coverage",
        "about": (
            "What is compared with PyTorch {version}, function by function: "
            "{functions} functions in {rows} rows of `tests/parity`, with options, odd "
            "shapes, empty and non-contiguous inputs, and {refused} calls that both "
            "refuse. The bounds are PyTorch's own (float32: 1.3e-6 relative, "
            "1e-5 absolute; float64: 1e-7 both), except where a note says so.\n\n"
            "The tests write this page: `python tests/parity/make_coverage.py`. "
            "Against an installed PyTorch, on fresh numbers: "
            "`python benchmarks/parity_live.py`."
        ),
        "marks": (
            f"{YES} compared · {PARTLY} compared in some rows, a note says where not "
            f"· {NO} not compared: there is none, or a note says why"
        ),
        "head": "| function | rows | interpreted | native | gradient | second | note |",
        "native": "native",
        "gradient": "gradient",
        "second": "second gradient",
        "bounds": "bounds",
        "joint": "; ",
    },
    "zh": {
        "title": "覆盖情况",
        "about": (
            "与 PyTorch {version} 逐个函数比较的内容：`tests/parity` 中 {rows} 行、"
            "{functions} 个函数，包括各种选项、"
            "特殊形状、空输入和不连续的输入，以及 {refused} 个双方都拒绝的调用。"
            "误差界就是 PyTorch 自己的（float32：相对 1.3e-6，绝对 1e-5；"
            "float64：都是 1e-7），备注另有说明的除外。\n\n"
            "本页由测试写出：`python tests/parity/make_coverage.py`。"
            "用新抽取的数与已安装的 PyTorch 比较："
            "`python benchmarks/parity_live.py`。"
        ),
        "marks": (
            f"{YES} 已比较 · {PARTLY} 部分行已比较，备注说明哪里没有 "
            f"· {NO} 没有比较：本来就没有，或备注说明原因"
        ),
        "head": "| 函数 | 行数 | 解释执行 | 本机代码 | 梯度 | 二阶梯度 | 备注 |",
        "native": "本机代码",
        "gradient": "梯度",
        "second": "二阶梯度",
        "bounds": "误差界",
        "joint": "；",
    },
}
# Reasons that rows give, for the Chinese page; one that is missing stays English.
CHINESE = {
    NO_SECOND: "PyTorch 没有；用差分检验",
    "PyTorch gives NaN at 0": "PyTorch 在 0 处给出 NaN",
    "PyTorch's is no derivative at 0 and 1": "PyTorch 在 0 和 1 处给出的不是导数",
    "a count has none": "计数没有梯度",
    "at 0 PyTorch has that of the other side": "在 0 处 PyTorch 取另一侧的",
    "PyTorch's is NaN": "PyTorch 给出 NaN",
    "PyTorch's is NaN at 0": "PyTorch 在 0 处给出 NaN",
    "a fourth root of sums near 0": "接近 0 的和的四次方根",
    "PyTorch differentiates it once only": "PyTorch 只能求一次导",
    "nothing happens": "什么也不做",
    "as the layer's": "与单层相同",
    "a mean over nothing is NaN, which stops a compiled step": (
        "对空集求平均得到 NaN，编译的一步会因此停下"
    ),
    "values written once, before training": "训练前只写一次的值",
    "NumPy computes the factorisation": "分解由 NumPy 计算",
    "places of up to 4 with an error of 1e-6 each": "位置可达 4，每个误差 1e-6",
    "it is whole numbers": "是整数",
    "PyTorch's is an error": "PyTorch 的会报错",
    "a third derivative": "三阶导数",
    "the row gives numbers": "该行只给出数",
    "hooks run in both": "两次求导都会运行钩子",
    "in a second derivative hooks of computed tensors are refused": (
        "二阶导数中拒绝对计算得到的张量使用钩子"
    ),
    "its second derivatives are sums of terms up to 40": (
        "其二阶导数是大小达 40 的项之和"
    ),
}
ENGLISH = {NO_SECOND: "PyTorch has none; checked by differences"}


class Line(NamedTuple):
    """A function: how many rows, its marks, and (column, reason) where one is not ✓."""

    name: str
    rows: int
    marks: tuple[str, str, str, str]
    notes: tuple[tuple[str, str], ...]


def render(language: str) -> str:
    """The whole page."""
    words = WORDS[language]
    cases = {table: import_module(f"parity.tables.{table}").CASES for table in TABLES}
    taken = {t: [c for c in rows if not c.refused] for t, rows in cases.items()}
    total = sum(map(len, cases.values()))
    kept = sum(map(len, taken.values()))
    tables = {table: lines(table, rows) for table, rows in taken.items()}
    about = words["about"].format(
        version="2.13.0",
        functions=len({line.name for found in tables.values() for line in found}),
        rows=kept,
        refused=total - kept,
    )
    parts = [f"# {words['title']}", about, words["marks"]]
    for table, found in tables.items():
        if found:
            parts += [f"## {title(table, language)}", grid(found, language)]
    return "\n\n".join(parts) + "\n"


def title(table: str, language: str) -> str:
    """TITLE of the table's file, (English, Chinese); else its name."""
    module = import_module(f"parity.tables.{table}")
    name = table.replace("_", " ").capitalize()
    return getattr(module, "TITLE", (name, name))[language == "zh"]


def lines(table: str, cases: list[Case]) -> list[Line]:
    """The functions of a table, in the order of their names."""
    answers = reference.read(table)[0]
    by_name: dict[str, list[Case]] = {}
    for case in cases:
        by_name.setdefault(case.covers, []).append(case)
    return [
        line(name, rows, answers) for name, rows in sorted(by_name.items(), key=order)
    ]


def order(item: tuple[str, list[Case]]) -> tuple[int, str]:
    """Plain functions, then nn, then nn.functional; inside, the alphabet."""
    name = item[0]
    return name.count("."), name.lower()


def line(name: str, cases: list[Case], answers: reference.Answers) -> Line:
    def column(key: str, kind: str) -> tuple[str, list[tuple[str, str]]]:
        """The mark and the reasons of one column; `kind`: what must be there."""
        done, reasons = 0, []
        for case in cases:
            value = getattr(case, key)
            if isinstance(value, str):
                reasons.append((key, value))
            if kind and not answers[case.name][kind] and value is True:
                continue  # nothing that could have a gradient
            done += value is True or value == NO_SECOND
        if not done:
            return NO, reasons
        reasons = [r for r in reasons if r[1] != ELSEWHERE]
        short = [r for r in reasons if r[1] != NO_SECOND]
        return (PARTLY if short else YES), reasons

    native, gradient, second = (
        column(*pair) for pair in (("native", ""), ("gradient", "g"), ("second", "gg"))
    )
    reasons = native[1] + gradient[1] + second[1]
    reasons += [
        ("bounds", "{:g} / {:g}: {}".format(*case.bounds))
        for case in cases
        if case.bounds
    ]
    marks = (YES, native[0], gradient[0], second[0])
    return Line(name, len(cases), marks, tuple(dict.fromkeys(reasons)))


def grid(found: list[Line], language: str) -> str:
    head = WORDS[language]["head"]
    rule = "|---|---:|:---:|:---:|:---:|:---:|---|"
    return "\n".join([head, rule, *(row(line, language) for line in found)])


def row(line: Line, language: str) -> str:
    words = WORDS[language]
    texts = CHINESE if language == "zh" else ENGLISH
    comma, colon = ("、", "：") if language == "zh" else (", ", ": ")
    columns: dict[str, list[str]] = {}
    for key, why in line.notes:
        columns.setdefault(why, []).append(words[key])
    notes = [
        f"{comma.join(keys)}{colon}{texts.get(why, why)}"
        for why, keys in columns.items()
    ]
    cells = [f"`{line.name}`", str(line.rows), *line.marks]
    cells.append(words["joint"].join(notes).replace("|", "\\|"))
    return "| " + " | ".join(cells).rstrip() + " |"
