"""What the commands say, in English and in Chinese."""

from __future__ import annotations

from typing import Final

from ranvier.train.words import Table

TEXTS: Final[Table] = {
    "data line": ("{name}: {sizes}", "{name}：{sizes}"),
    "size": ("{part} {rows:,}", "{part} {rows:,}"),
    "steps": (
        "batches of {batch_size:,}: {steps:,} iterations an epoch",
        "批大小 {batch_size:,}：每轮 {steps:,} 次迭代",
    ),
    "folder": ("results go to {0}", "结果写入 {0}"),
    "epoch line": (
        "epoch {number:>{width}}/{of}   training: loss {train_loss:.4f}, "
        "accuracy {train_accuracy:.2%}   validation: loss {val_loss:.4f}, "
        "accuracy {val_accuracy:.2%}   {seconds:.2f} s{mark}",
        "第 {number:>{width}}/{of} 轮   训练：损失 {train_loss:.4f}，"
        "准确率 {train_accuracy:.2%}   验证：损失 {val_loss:.4f}，"
        "准确率 {val_accuracy:.2%}   {seconds:.2f} 秒{mark}",
    ),
    "epoch line loss": (
        "epoch {number:>{width}}/{of}   training: loss {train_loss:.4f}   "
        "validation: loss {val_loss:.4f}   {seconds:.2f} s{mark}",
        "第 {number:>{width}}/{of} 轮   训练：损失 {train_loss:.4f}   "
        "验证：损失 {val_loss:.4f}   {seconds:.2f} 秒{mark}",
    ),
    "table": (
        "table: {rows:,} rows, {columns:,} columns",
        "表格：{rows:,} 行，{columns:,} 列",
    ),
    "regression": (
        "task: regression of '{target}' ({why}); the loss is that of the normalised "
        "target",
        "任务：对“{target}”做回归（{why}）；损失按归一化后的目标计算",
    ),
    "classification": (
        "task: classification of '{target}' ({why}) into {count} classes: {names}",
        "任务：对“{target}”做分类（{why}），共 {count} 类：{names}",
    ),
    "features": (
        "inputs: {inputs:,}, from {numbers:,} columns of numbers (normalised) and "
        "{texts:,} of names (one input a category)",
        "输入：{inputs:,} 个，来自 {numbers:,} 个数字列（已归一化）和 {texts:,} 个"
        "类别列（每个类别一个输入）",
    ),
    "embedded": (
        "embeddings instead, for {count} columns of names: numbers a row {dims}",
        "{count} 个类别列改用嵌入，每行的数字个数：{dims}",
    ),
    "dropped": ("left out: '{column}' ({why})", "不使用：“{column}”（{why}）"),
    "note": ("note: {note}", "说明：{note}"),
    "split random": (
        "rows were divided by chance, seed {seed}",
        "随机划分，种子 {seed}",
    ),
    "split stratified": (
        "rows were divided by chance, every class in its share, seed {seed}",
        "按类别分层随机划分，种子 {seed}",
    ),
    "split time": (
        "the newest rows are the validation and the test set",
        "最新的行作为验证集和测试集",
    ),
    "split group": (
        "groups of rows were divided by chance, seed {seed}",
        "按组随机划分，种子 {seed}",
    ),
    "pictures": (
        "{rows:,} pictures of {height}x{width} to learn from",
        "{rows:,} 张 {height}x{width} 的图片",
    ),
    "colour": ("in colour", "彩色"),
    "grey": ("in grey", "灰度"),
    "classes": ("{count} classes: {names}", "{count} 类：{names}"),
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
    "validation errors": (
        "validation, {rows:,} examples: MSE {mse:.4g}, RMSE {rmse:.4g}, R² {r2:.4f}",
        "验证集 {rows:,} 个样本：MSE {mse:.4g}，RMSE {rmse:.4g}，R² {r2:.4f}",
    ),
    "test errors": (
        "test, {rows:,} examples, once: MSE {mse:.4g}, RMSE {rmse:.4g}, "
        "MAE {mae:.4g}, R² {r2:.4f}",
        "测试集 {rows:,} 个样本，只测一次：MSE {mse:.4g}，RMSE {rmse:.4g}，"
        "MAE {mae:.4g}，R² {r2:.4f}",
    ),
    "mean line": ("always the mean gets", "基线，总是答平均值"),
    "doctor found": (
        "the doctor looked for {count} other things and did not see them: {command}",
        "医生另外检查了 {count} 项，未见到：{command}",
    ),
    "doctor clear": (
        "the doctor looked for {count} things and did not see them, which is no proof "
        "of absence: {command}",
        "医生检查了 {count} 项，均未见到（不等于没有）：{command}",
    ),
    "no diagnosis": (
        "{folder} holds no diagnosis: the run is of an older version, or was not "
        "finished. Train again, or `ranvier resume {folder}`.",
        "{folder} 中没有诊断：它由旧版本训练，或尚未完成。请重新训练，或 "
        "`ranvier resume {folder}`。",
    ),
    "linear line": (
        "a linear model gets",
        "线性模型",
    ),
    "majority line": (
        "always “{0}” gets",
        "基线，总是答“{0}”",
    ),
    "persistence line": ("as the row before gets", "基线，总是答前一行的值"),
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
        "interrupted before the first step was made; nothing was kept",
        "第一步完成之前被中断，没有保存任何东西",
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
    "predicted": (
        "{rows:,} predictions written to {out}",
        "{rows:,} 个预测已写入 {out}",
    ),
    "sweep test numbers": (
        "test of the best, {rows:,} examples, once: RMSE {rmse:.4g}, MAE {mae:.4g}, R² "
        "{r2:.3f} (always the mean: RMSE {baseline_rmse:.4g})",
        "最佳模型的测试，{rows:,} 个样本，只测一次：RMSE {rmse:.4g}，MAE {mae:.4g}，"
        "R² {r2:.3f}（总猜均值：RMSE {baseline_rmse:.4g}）",
    ),
    "seed line": (
        "seed {seed}: {what} {value}, best epoch {best}, {seconds:.2f} s",
        "种子 {seed}：{what} {value}，最佳轮 {best}，{seconds:.2f} 秒",
    ),
    "mean and sd": ("mean ± sd", "均值 ± 标准差"),
    "test_loss": ("test loss", "测试损失"),
    "seeds title": ("Training on {name}, with several seeds", "{name}：多个随机种子"),
    "seeds interrupted": (
        "interrupted; finished seeds: {done} of {of}. To go on: {program} resume "
        "{folder}",
        "训练被中断，已完成种子：{done}/{of}。继续：{program} resume {folder}",
    ),
    "curves in": ("curves in {0}", "曲线已画入 {0}"),
    "missing": ("not here. {0}", "不在本机。{0}"),
    "licence": ("licence", "许可"),
    "from": ("from", "来源"),
    "use": ("use", "用法"),
    "place": ("place", "位置"),
}
