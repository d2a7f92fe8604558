"""What pictures and reports say, in English and in Chinese, in the lecture's terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("en", "zh")
Table = Mapping[str, tuple[str, str]]

WORDS: Final[Table] = {
    "training set": ("training set", "训练集"),
    "validation set": ("validation set", "验证集"),
    "test set": ("test set", "测试集"),
    "training": ("training", "训练"),
    "validation": ("validation", "验证"),
    "loss": ("loss", "损失"),
    "accuracy": ("accuracy", "准确率"),
    "learning rate": ("learning rate", "学习率"),
    "epoch": ("epoch", "轮"),
    "epochs": ("epochs", "轮数"),
    "dotted": ("epoch (dotted: the best, {0})", "轮（虚线：最佳轮 {0}）"),
    "curves title": ("How it learned", "学习曲线"),
    "sweep title": (
        "{0} runs; dark: low loss",
        "{0} 次训练；颜色越深损失越低",
    ),
    "mistakes title": (
        "The worst-judged of {wrong} mistakes on the {part}",
        "{part} {wrong} 个错误中最严重的几个",
    ),
    "mistake": (
        "truth: {truth}\nguess: {guess}, {share:.1%}",
        "真值：{truth}\n判断：{guess}，{share:.1%}",
    ),
    "no mistakes": ("No mistakes on the {part}", "{part}上没有错误"),
    "report title": ("Training on {name}", "在 {name} 上训练"),
    "interrupted note": (
        "**Interrupted**; finished epochs: {epochs}. What was learned until then is "
        "saved; the model was not tested.",
        "**训练被中断**，已完成轮数：{epochs}。此前学到的已保存，没有做测试。",
    ),
    "not finite note": (
        "**Stopped** because the loss was no longer a finite number: {error}",
        "**训练停止**，损失不再是有限数：{error}",
    ),
    "result": ("Result", "结果"),
    "model": ("model", "模型"),
    "this model": ("this model ({0})", "本模型（{0}）"),
    "linear model": ("linear model (softmax regression)", "线性模型（softmax 回归）"),
    "least squares": ("linear model (least squares)", "线性模型（最小二乘）"),
    "mean": ("baseline: always the mean", "基线：总是答平均值"),
    "rmse": ("root mean square error", "均方根误差"),
    "majority": ("baseline: always “{0}”", "基线：总是答“{0}”"),
    "persistence": ("baseline: as the row before", "基线：总是答前一行的值"),
    "how": ("How it was trained", "训练方法"),
    "data": ("data", "数据"),
    "rows": ("{0:,} examples", "{0:,} 个样本"),
    "parameters": ("{0:,} parameters", "{0:,} 个参数"),
    "optimizer": ("optimizer", "优化器"),
    "weight decay": ("weight decay", "权重衰减"),
    "schedule": ("schedule of the learning rate", "学习率调整"),
    "batch size": ("batch size", "批大小"),
    "seed": ("seed", "随机种子"),
    "training time": ("time for training", "训练用时"),
    "total time": (
        "time in all, with reading the data, test, baselines and pictures",
        "总用时（含读取数据、测试、基线和图片）",
    ),
    "seconds": ("{0:.1f} s", "{0:.1f} 秒"),
    "stopped because": ("stopped because", "停止原因"),
    "reason epochs": ("all epochs were run", "全部轮次已完成"),
    "reason patience": (
        "early stopping: the validation loss no longer fell",
        "早停：验证集损失不再下降",
    ),
    "reason interrupted": ("interrupted (Ctrl-C)", "被中断（Ctrl-C）"),
    "reason not finite": ("the loss was no longer finite", "损失不再是有限数"),
    "best weights": (
        "The weights of epoch {best}, the best on the validation set, were "
        "kept, and tested once.",
        "保留验证集上最佳的第 {best} 轮的权重，并只测试一次。",
    ),
    "overfits": (
        "From epoch {best} on the validation loss rises while the training "
        "loss goes on falling: overfitting.",
        "第 {best} 轮之后训练损失继续下降而验证损失上升：过拟合。",
    ),
    "every epoch": ("Every epoch", "每一轮"),
    "column": ("{part} {what}", "{part}{what}"),
    "true": ("true", "真值"),
    "guessed": ("guessed", "判断"),
    "confusion": ("Confusion matrix (rows: true)", "混淆矩阵（行为真值）"),
    "how sure": ("how sure the model is", "模型的把握"),
    "how often right": ("how often it is right", "实际正确的比例"),
    "calibration": (
        "Calibration (expected error {error})",
        "校准（期望校准误差 {error}）",
    ),
    "gradient flow": ("Gradient norm by layer", "各层梯度范数"),
    "weights over time": (
        "Weights over time: median, middle 50 % and 90 %",
        "权重随训练的变化：中位数、中间 50 % 与 90 %",
    ),
    "activations over time": (
        "Activations over time: median, middle 50 % and 90 %",
        "激活值随训练的变化：中位数、中间 50 % 与 90 %",
    ),
    "answers on": ("Answers on the {part}", "{part}上的回答"),
    "the first": (" (its first {rows:,} rows)", "（前 {rows:,} 行）"),
    "inside": ("Inside the network", "网络内部"),
    "step": ("step", "步"),
    "filters": (
        "First layer: {0} of {1} (red above 0, blue below)",
        "第一层的权重：{1} 个中的 {0} 个（红为正，蓝为负）",
    ),
    "predicted": ("predicted", "预测值"),
    "residual": ("true - predicted", "真值 - 预测值"),
    "predicted against true": ("Predicted against true", "预测值与真值"),
    "residuals": ("Residuals", "残差"),
    "doctor": ("What the doctor says", "诊断"),
    "best weights kept": (
        "These are the weights of epoch {best}.",
        "所用的是第 {best} 轮的权重。",
    ),
    "figure loss": ("loss", "损失"),
    "figure accuracy": ("accuracy", "准确率"),
    "figure baseline_accuracy": (
        "accuracy of always naming the most frequent class",
        "基线：总是答最常见类的准确率",
    ),
    "figure mae": ("mean absolute error", "平均绝对误差"),
    "figure rmse": ("root mean square error", "均方根误差"),
    "figure r2": ("R²", "R²"),
    "figure baseline_rmse": (
        "root mean square error of always naming the mean",
        "基线：总是答平均值的均方根误差",
    ),
    "figure linear_accuracy": (
        "accuracy of a linear model (softmax regression)",
        "线性模型（softmax 回归）的准确率",
    ),
    "figure linear_rmse": (
        "root mean square error of a linear model (least squares)",
        "线性模型（最小二乘）的均方根误差",
    ),
    "figure persistence_accuracy": (
        "accuracy of answering as the row before",
        "基线：总是答前一行类别的准确率",
    ),
    "figure persistence_rmse": (
        "root mean square error of answering as the row before",
        "基线：总是答前一行值的均方根误差",
    ),
    "reason watch": ("watch.stop() was called", "调用了 watch.stop()"),
    "reason not saved": ("a checkpoint could not be written", "检查点无法写入"),
    "again": ("The same again", "重现"),
}


class Words:
    """A table of phrases in one language.

    >>> Words("zh")("test set")
    '测试集'
    >>> Words("en")("seconds", 4)
    '4.0 s'
    """

    def __init__(self, lang: str, table: Table = WORDS) -> None:
        self.lang = lang
        self.column = LANGUAGES.index(lang)
        self.table = table

    def __call__(self, phrase: str, *values: object, **named: object) -> str:
        text = self.table[phrase][self.column]
        return text.format(*values, **named) if values or named else text
