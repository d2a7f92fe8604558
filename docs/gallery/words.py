"""What the pages say beside the rows' own texts."""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "en": {
        "all": "All experiments",
        "last": "The last frame, as a still",
        "formula": "The lecture's formula",
        "claims": "Claims and figures",
        "measured": "Run in its full form in {seconds:.1f} s on {processor}, {cores} "
        "cores, {date} (load of the machine beforehand: {load}).",
        "printed": "What it prints beside its claims:",
        "code": "The code",
        "plain": "`{path}`, all of it:",
        "try": "Try this",
        "copy": "Two changes, and what to look for. These commands put the code with "
        "its texts into your folder and run it from there:",
        "columns": "| | experiment | question |",
    },
    "zh": {
        "all": "全部实验",
        "last": "最后一帧（静止图片）",
        "formula": "讲义中的公式",
        "claims": "结论与数据",
        "measured": "完整运行用时 {seconds:.1f} 秒（{processor}，{cores} 核，{date}，"
        "运行前机器负载 {load}）。",
        "printed": "除结论外还打印：",
        "code": "代码",
        "plain": "`{path}` 的全文：",
        "try": "试一试",
        "copy": "下面是两处改动，以及改动后要观察什么。先用这两条命令把代码和它的文字"
        "复制到当前文件夹，并从那里运行：",
        "columns": "| | 实验 | 问题 |",
    },
}

INDEX: Final = {
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
ranvier course copy E3          # its code into your folder, to be changed …
ranvier course run ./e3_xor_bpnn.py              # … and run from there
ranvier course run E3 --lang zh # in Chinese
```

Before anything is installed, `python3 tasks.py run course run E3` in a clone does the
same, its set-up included. In Python: `rv.course.run("E3", out="runs/course")`.

Every experiment has a page: question, picture, claims with their figures, code, and two
changes to make with what to look for. A chapter's title leads to its pictures at a
glance; [all claims with their figures and times](course/table.md) stand in one table.
""",
    "zh": """\
# 课程实验

神经网络课程中的结论，从单个神经元到记忆，都用 Ranvier 计算并画出来。
每个实验打印数字、画出图片，并检验自己的结论；只要有一条不成立，运行就算失败。

```sh
ranvier course                  # 列表
ranvier course run E3           # 运行一个，图片与结果在 runs/course/E3
ranvier course run C            # 运行一章；all 表示全部，--quick 为简短版
ranvier course show E3          # 显示代码：很短，只用公开的接口
ranvier course copy E3          # 把代码复制到当前文件夹，供修改……
ranvier course run ./e3_xor_bpnn.py              # ……并从那里运行
ranvier course run E3 --lang zh # 中文
```

还没有安装时，在仓库中用 `python3 tasks.py run course run E3`，它会连同安装一起完成。
在 Python 中：`rv.course.run("E3", lang="zh", out="runs/course")`。
每个实验有一页：问题、图片、带数据的结论、代码，以及两处可做的改动和改动后要观察什么。
点章名可一览该章的图片；
[全部结论、数据与用时](course/table.md)在一张表里。
""",
}

TABLE: Final = {
    "en": {
        "title": "Claims, figures and times",
        "intro": "Made by running every experiment in its full form; the figures "
        "are marked `so`. {claims} claims in {rows} experiments, {holding} hold; "
        "{seconds} of computing in all.",
        "machines": "Measured on:",
        "machine": "{rows}: {processor}, {cores} cores, {vectors}, Python {python}, "
        "{date}; load of the machine beforehand {load}",
        "every": "Every claim",
        "columns": "| row | claim | | time |",
        "seconds": "{0:.1f}\u00a0s",
        "beside": "Beside the lecture's own way",
        "aside": "The same work done as the lectures do it, on the same machine ("
        "{processor}, {cores} cores, {date}, load beforehand {load}); {versions}.",
        "ways": "| row | work | Ranvier | the lecture's own way | PyTorch |",
        "e3": "a million epochs of XOR, 2-10-1",
        "f7": "20,000 epochs of XOR with nine scalars",
        "h2": "ten epochs of 784-64-10 on MNIST, validated each epoch",
        "numpy": "{0} (NumPy loop)",
        "textbook": "{0} (textbook scalar engine)",
        "loader": "{0} (DataLoader and loop)",
        "sliced": "{0} (rows taken by index)",
        "loop": "{0} (loop)",
        "absent": "not installed",
        "goal": "{row} under 0.5 s: {answer} ({seconds}).",
        "reached": "reached",
        "missed": "not reached",
        "extrapolated": "Loops in Python are measured over a part of the epochs and "
        "multiplied. Ranvier's times include compiling.",
    },
    "zh": {
        "title": "论断、数字与用时",
        "intro": "由全部实验的完整运行生成；数字用 `这种字体` 标出。{rows} 个实验"
        "共 {claims} 条论断，{holding} 条成立；计算共用时 {seconds}。",
        "machines": "测量环境：",
        "machine": "{rows}：{processor}，{cores} 核，{vectors}，Python {python}，"
        "{date}；运行前机器负载 {load}",
        "every": "全部论断",
        "columns": "| 实验 | 论断 | | 用时 |",
        "seconds": "{0:.1f}\u00a0秒",
        "beside": "与讲义做法的比较",
        "aside": "在同一台机器上按讲义的做法完成同样的工作（{processor}，{cores} 核，"
        "{date}，运行前负载 {load}）；{versions}。",
        "ways": "| 实验 | 工作 | Ranvier | 讲义的做法 | PyTorch |",
        "e3": "异或，2-10-1，一百万轮",
        "f7": "异或，九个标量，两万轮",
        "h2": "MNIST，784-64-10，十轮，每轮验证",
        "numpy": "{0}（NumPy 循环）",
        "textbook": "{0}（教科书的标量引擎）",
        "loader": "{0}（DataLoader 加循环）",
        "sliced": "{0}（按下标取行）",
        "loop": "{0}（循环）",
        "absent": "未安装",
        "goal": "{row} 低于 0.5 秒：{answer}（{seconds}）。",
        "reached": "达到",
        "missed": "未达到",
        "extrapolated": "Python 循环只测量一部分轮数，再按比例换算。Ranvier 的用时包含"
        "编译。",
    },
}
