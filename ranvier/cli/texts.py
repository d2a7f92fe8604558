"""What the commands say, in English and in Chinese."""

from __future__ import annotations

from typing import Final

from ranvier.train.words import Table

TEXTS: Final[Table] = {
    "data line": ("{name}: {sizes}", "{name}：{sizes}"),
    "size": ("{part} {rows:,}", "{part} {rows:,}"),
    "folder": ("results go to {0}", "结果写入 {0}"),
    "epoch line": (
        "epoch {number:>{width}}/{of}   training: loss {train_loss:.4f}, "
        "accuracy {train_accuracy:.2%}   validation: loss {val_loss:.4f}, "
        "accuracy {val_accuracy:.2%}   {seconds:.2f} s{mark}",
        "第 {number:>{width}}/{of} 轮   训练：损失 {train_loss:.4f}，"
        "准确率 {train_accuracy:.2%}   验证：损失 {val_loss:.4f}，"
        "准确率 {val_accuracy:.2%}   {seconds:.2f} 秒{mark}",
    ),
    "patience": (
        "early stopping: no better validation loss for {0} epochs",
        "早停：验证集损失已 {0} 轮没有下降",
    ),
    "best kept": (
        "kept the weights of epoch {best}, the best (*) on the validation set",
        "保留验证集上最佳的第 {best} 轮（*）的权重",
    ),
    "test line": (
        "test, {rows:,} examples, once: loss {loss:.4f}, accuracy {accuracy:.2%}",
        "测试集 {rows:,} 个样本，只测一次：损失 {loss:.4f}，准确率 {accuracy:.2%}",
    ),
    "linear line": (
        "a linear model gets",
        "线性模型",
    ),
    "majority line": (
        "always “{0}” gets",
        "基线，总是答“{0}”",
    ),
    "left": (
        "{files} in {folder}, after {seconds:.1f} s",
        "{files} 已写入 {folder}，共 {seconds:.1f} 秒",
    ),
    "interrupted": (
        "interrupted; finished epochs: {epochs}. What was learned is saved in "
        "{folder}; to go on: {program} resume {folder}",
        "训练被中断，已完成轮数：{epochs}。已学到的保存在 {folder}；"
        "继续：{program} resume {folder}",
    ),
    "interrupted early": (
        "interrupted before the first epoch was finished; nothing was kept",
        "第一轮完成之前被中断，没有保存任何东西",
    ),
    "nothing left": (
        "nothing left to do: {folder} has finished {done} of {wanted} epochs. To train "
        "longer: {program} resume {folder} --epochs {more}",
        "没有要做的了：{folder} 已完成 {done}/{wanted} 轮。继续训练："
        "{program} resume {folder} --epochs {more}",
    ),
    "stopped early": (
        "nothing left to do: {folder} was ended by early stopping after {done} epochs. "
        "To train otherwise, start a new run with another --patience",
        "没有要做的了：{folder} 已在第 {done} 轮后早停。要换一种训练方式，"
        "请用另一个 --patience 重新开始",
    ),
    "guess": (
        "{image}: {guess}   {share:.1%}   ({others})",
        "{image}：{guess}   {share:.1%}   （{others}）",
    ),
    "sweep data": ("{name}: {rows:,} training rows", "{name}：训练集 {rows:,} 行"),
    "sweep line": (
        "{runs} runs, native programs they share: {programs}",
        "{runs} 次训练，共用本机程序 {programs} 个",
    ),
    "sweep time": ("{told}; {seconds:.2f} s", "{told}；{seconds:.2f} 秒"),
    "sweep test": (
        "test of the best, {rows:,} examples, once: loss {loss:.4f}, accuracy "
        "{accuracy:.2%} (always the commonest class: {baseline_accuracy:.2%})",
        "最佳模型的测试，{rows:,} 个样本，只测一次：损失 {loss:.4f}，"
        "准确率 {accuracy:.2%}（总猜最常见的类：{baseline_accuracy:.2%}）",
    ),
    "missing": ("not here. {0}", "不在本机。{0}"),
    "licence": ("licence", "许可"),
    "from": ("from", "来源"),
    "place": ("place", "位置"),
}
