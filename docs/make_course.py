"""docs/en/course.md and docs/zh/course.md: the list of the course's experiments.

    python docs/make_course.py

A test makes the pages again and compares.
"""

from __future__ import annotations

from pathlib import Path

from ranvier.course.catalog import CHAPTERS, rows

DOCS = Path(__file__).resolve().parent
PAGES = {"en": DOCS / "en" / "course.md", "zh": DOCS / "zh" / "course.md"}

HEADS = {
    "en": """\
# The course

What a course on neural networks claims, from the single neuron to memory, computed and
drawn on Ranvier. Each experiment prints its figures, draws its picture and checks its
own claims; a claim that fails makes the run fail.

```sh
ranvier course                  # the list
ranvier course run E3           # one; picture and result.json go to runs/course/E3
ranvier course run C            # a chapter; `all` for all, --quick for short forms
ranvier course show E3          # its code: short, the public API alone
ranvier course run E3 --lang zh # in Chinese
```

In Python: `rv.course.run("E3", out="runs/course")`. Each experiment suggests two
changes to its code and what to look for; they stand in the file beside it
(`ranvier/course/…/e3_xor_bpnn.toml`).
""",
    "zh": """\
# 课程实验

神经网络课程中的论断，从单个神经元到记忆，都用 Ranvier 计算并画出来。
每个实验打印数字、画出图片，并检验自己的论断；只要有一条不成立，运行就算失败。

```sh
ranvier course                  # 列表
ranvier course run E3           # 运行一个，图片与结果在 runs/course/E3
ranvier course run C            # 运行一章；all 表示全部，--quick 为简短形式
ranvier course show E3          # 显示代码：很短，只用公开的接口
ranvier course run E3 --lang zh # 中文
```

在 Python 中：`rv.course.run("E3", lang="zh", out="runs/course")`。
每个实验都建议两处改动以及改动后要观察什么，写在代码旁边的文件里
（`ranvier/course/…/e3_xor_bpnn.toml`）。
""",
}
COLUMNS = {"en": "| | experiment | question |", "zh": "| | 实验 | 问题 |"}


def page(lang: str) -> str:
    parts = [HEADS[lang]]
    for letter, (_, *titles) in CHAPTERS.items():
        here = [row for row in rows() if row.chapter == letter]
        if not here:
            continue
        lines = [f"## {letter}. {titles[lang == 'zh']}", ""]
        lines += [COLUMNS[lang], "|---|---|---|"]
        for row in here:
            texts = row.texts(lang)
            lines.append(f"| `{row.id}` | {texts.title} | {texts.question} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    for lang, path in PAGES.items():
        path.write_text(page(lang), "utf-8")
        print(path)
