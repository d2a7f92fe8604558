"""What the doctor says, in English and in Chinese: four sentences for each finding."""

from __future__ import annotations

from typing import Final

from ranvier.train.words import Table

Sentence = tuple[str, str]

# title, what was measured, why the threshold is where it is, remedy
SENTENCES: Final[dict[str, tuple[Sentence, Sentence, Sentence, Sentence]]] = {
    "not_finite": (
        ("The loss was no longer a finite number", "损失不再是有限数"),
        ("Measured: {error}", "测得：{error}"),
        (
            "Nothing can be learned from NaN or infinity.",
            "NaN 或无穷大无法用于学习。",
        ),
        (
            "Try a learning rate of {better:g} instead of {lr:g}; look at the scale of "
            "the inputs; clip gradients (clip_norm=1.0).",
            "把学习率从 {lr:g} 改为 {better:g}；检查输入的尺度；"
            "裁剪梯度（clip_norm=1.0）。",
        ),
    ),
    "learning_rate_too_large": (
        ("The learning rate is too large", "学习率过大"),
        (
            "Measured: in step {step} an update was {ratio:.2g} times as long as the "
            "weights (median over the layers), and the loss did not end lower for it.",
            "测得：第 {step} 步的更新长度是权重的 {ratio:.2g} 倍（各层的中位数），"
            "而损失并未因此降低。",
        ),
        (
            "Threshold {threshold:g}: one such step replaces the weights; about 0.001 "
            "is usual.",
            "阈值 {threshold:g}：一步这样的更新就换掉了全部权重；通常约为 0.001。",
        ),
        (
            "Try {better:g} instead of {lr:g}, or let rv.lr_find choose.",
            "把 {lr:g} 改为 {better:g}，或用 rv.lr_find 选择。",
        ),
    ),
    "exploding_gradients": (
        ("The gradients explode", "梯度爆炸"),
        (
            "Measured: in step {step} the gradient of all parameters had the length "
            "{norm:.3g}, longest in {layer}.",
            "测得：第 {step} 步全部参数的梯度长度为 {norm:.3g}，其中 {layer} 最长。",
        ),
        (
            "Threshold {threshold:g}, for squared errors times √loss (here times "
            "{scale:.3g}): with inputs of size 1 and usual weights the length is about "
            "1, and every layer multiplies it.",
            "阈值 {threshold:g}，平方误差时再乘以 √损失（此处乘 {scale:.3g}）："
            "输入大小为 1、权重正常时长度约为 1，且每层乘上一个因子。",
        ),
        (
            "Normalise inputs and targets; use nn.init's defaults; clip "
            "(clip_norm=1.0); a normalisation layer between the layers.",
            "对输入和目标做归一化；用 nn.init 的默认初始化；裁剪梯度"
            "（clip_norm=1.0）；在层间加归一化层。",
        ),
    ),
    "vanishing_gradients": (
        ("The gradients vanish on their way back", "梯度消失"),
        (
            "Measured from step {step} on: a number of {layer} has a gradient of "
            "{first:.2g}, one of {other} of {last:.2g}: {ratio:.1g} times as much.",
            "自第 {step} 步起测得：{layer} 中每个数的梯度为 {first:.2g}，"
            "{other} 中为 {last:.2g}：前者是后者的 {ratio:.1g} 倍。",
        ),
        (
            "Threshold {threshold:g}: the first layers then learn a thousand times "
            "more slowly than the last.",
            "阈值 {threshold:g}：此时前面的层比最后一层学得慢一千倍。",
        ),
        (
            "Use ReLU instead of sigmoid or tanh, fewer layers, residual connections, "
            "or a normalisation layer between the layers.",
            "用 ReLU 代替 sigmoid 或 tanh，减少层数，使用残差连接，"
            "或在层间加归一化层。",
        ),
    ),
    "dead_relu": (
        ("Dead ReLUs in {layer}", "{layer} 中有死亡的 ReLU"),
        (
            "Measured: {dead} of {units} units gave 0 for every row from step {step} "
            "to step {until}.",
            "测得：从第 {step} 步到第 {until} 步，{units} 个单元中有 {dead} 个"
            "对所有样本都输出 0。",
        ),
        (
            "Threshold {threshold:.0%} of the units: a unit that is 0 for every row "
            "has no gradient and stays so; a few of them are usual.",
            "阈值为单元数的 {threshold:.0%}：对所有样本都为 0 的单元没有梯度，"
            "无法恢复；少量死亡属正常。",
        ),
        (
            "Try a smaller learning rate, nn.LeakyReLU, biases that start at 0, and "
            "normalised inputs.",
            "减小学习率，用 nn.LeakyReLU，偏置从 0 开始，并对输入做归一化。",
        ),
    ),
    "saturated": (
        ("{layer} is saturated", "{layer} 已饱和"),
        (
            "Measured from step {step} on: {share:.0%} of its values are within 1 % of "
            "an end of their range.",
            "自第 {step} 步起测得：{share:.0%} 的值距其取值范围的端点不到 1 %。",
        ),
        (
            "Threshold {threshold:.0%}: there the slope is below 4 % of its steepest, "
            "so hardly any gradient passes. At the end of a successful run it is no "
            "fault, and is not told.",
            "阈值 {threshold:.0%}：该处斜率不到最陡处的 4 %，梯度几乎无法通过。"
            "训练成功后出现则不算问题，也不会提示。",
        ),
        (
            "Normalise the inputs, start with smaller weights (nn.init.xavier_uniform_)"
            ", or use ReLU.",
            "对输入做归一化，用更小的初始权重（nn.init.xavier_uniform_），"
            "或改用 ReLU。",
        ),
    ),
    "no_gradient": (
        ("{layer} gets no gradient", "{layer} 得不到梯度"),
        (
            "Measured: it had no gradient, or one of 0, in all {readings} readings "
            "from step {step} to step {until}.",
            "测得：从第 {step} 步到第 {until} 步的 {readings} 次测量中，"
            "它没有梯度，或梯度为 0。",
        ),
        (
            "It asks for a gradient (requires_grad) and can never change without one.",
            "它要求梯度（requires_grad），没有梯度就永远不会改变。",
        ),
        (
            "See whether forward uses it, and whether something behind it passes no "
            "gradient: detach(), argmax, a step function, dead ReLUs. If it is meant "
            "to stay as it is: requires_grad_(False).",
            "检查 forward 是否用到它，以及其后是否有阻断梯度的操作：detach()、argmax、"
            "阶跃函数、死亡的 ReLU。若本就不训练它：requires_grad_(False)。",
        ),
    ),
    "not_in_optimizer": (
        ("{layer} is not given to the optimizer", "{layer} 未交给优化器"),
        (
            "Measured: it asks for a gradient, and {optimizer} does not hold it.",
            "测得：它要求梯度，但 {optimizer} 中没有它。",
        ),
        ("What no optimizer holds is never changed.", "不在优化器中的参数不会改变。"),
        (
            "Make the optimizer from model.parameters(), after the model is complete; "
            "or requires_grad_(False) where it is meant.",
            "在模型建好之后用 model.parameters() 建优化器；若有意为之，"
            "用 requires_grad_(False)。",
        ),
    ),
    "learning_rate_too_small": (
        ("The learning rate is too small", "学习率过小"),
        (
            "Measured from step {step} on: an update is {ratio:.1g} times as long as "
            "the weights, and in {epochs} epochs the loss only fell from {first:.4g} "
            "to {last:.4g}.",
            "自第 {step} 步起测得：更新长度是权重的 {ratio:.1g} 倍，"
            "{epochs} 轮中损失仅从 {first:.4g} 降到 {last:.4g}。",
        ),
        (
            "Threshold {threshold:g}: ten thousand such steps move the weights by "
            "their own length; about 0.001 is usual.",
            "阈值 {threshold:g}：一万步才能使权重移动其自身的长度；通常约为 0.001。",
        ),
        (
            "Try {better:g} instead of {lr:g}, or let rv.lr_find choose.",
            "把 {lr:g} 改为 {better:g}，或用 rv.lr_find 选择。",
        ),
    ),
    "inputs_not_normalised": (
        ("The inputs are not normalised", "输入未归一化"),
        (
            "Measured: column {column} of the inputs has mean {mean:.3g} and standard "
            "deviation {sd:.3g} (root mean square {size:.3g}).",
            "测得：输入第 {column} 列均值 {mean:.3g}，标准差 {sd:.3g}"
            "（均方根 {size:.3g}）。",
        ),
        (
            "Threshold {threshold:g}: initial weights and usual learning rates are "
            "made for inputs of size 1.",
            "阈值 {threshold:g}：初始权重和常用学习率都按大小为 1 的输入设计。",
        ),
        (
            "Subtract the training set's mean from every column and divide by its "
            "standard deviation; pixels from 0 to 255: divide by 255.",
            "每列减去训练集的均值再除以其标准差；0 到 255 的像素除以 255。",
        ),
    ),
    "targets_not_normalised": (
        ("The targets are not normalised", "目标未归一化"),
        (
            "Measured: the targets have mean {mean:.3g} and standard deviation "
            "{sd:.3g} (root mean square {size:.3g}).",
            "测得：目标均值 {mean:.3g}，标准差 {sd:.3g}（均方根 {size:.3g}）。",
        ),
        (
            "Threshold {threshold:g}: a fresh network gives numbers near 0, and the "
            "first gradients are as long as the way is far.",
            "阈值 {threshold:g}：未训练的网络输出在 0 附近，差距越大，最初的梯度越长。",
        ),
        (
            "Learn (y - mean) / standard deviation, with those of the training set, "
            "and turn predictions back.",
            "用训练集的均值和标准差学习 (y - 均值) / 标准差，预测后再还原。",
        ),
    ),
    "labels_look_shuffled": (
        ("The labels look shuffled", "标签像是被打乱了"),
        (
            "Measured: the best validation accuracy is {accuracy:.1%}, the majority "
            "alone gets {majority:.1%}; a training row and the row nearest to it have "
            "the same label in {agrees:.1%}, by chance {chance:.1%}.",
            "测得：验证集准确率最高 {accuracy:.1%}，总是答多数类就有 {majority:.1%}；"
            "训练样本与其最近邻标签相同的占 {agrees:.1%}，随机为 {chance:.1%}。",
        ),
        (
            "Threshold: neither is more than {threshold:g} standard errors above "
            "chance.",
            "阈值：两者都没有高出随机水平 {threshold:g} 个标准误。",
        ),
        (
            "See whether inputs and labels were sorted or shuffled apart from each "
            "other; draw some rows and look at them. Else the inputs hold nothing "
            "about the label.",
            "检查输入和标签是否被分别排序或打乱；抽几个样本看看。"
            "否则就是输入与标签无关。",
        ),
    ),
    "class_imbalance": (
        ("The classes are imbalanced", "类别不平衡"),
        (
            "Measured: class {rare} has {low:,} rows, the largest {high:,}; always "
            "naming the largest is right in {share:.1%}.",
            "测得：类别 {rare} 有 {low:,} 个样本，最大的类别有 {high:,} 个；"
            "总是答最大类的准确率为 {share:.1%}。",
        ),
        (
            "Threshold {threshold:.0%} of the largest: the accuracy then hardly "
            "notices whether the class is known at all.",
            "阈值为最大类的 {threshold:.0%}：此时准确率几乎反映不出是否认得该类。",
        ),
        (
            "Judge by recall and F1 of each class beside the accuracy; weight the "
            'classes: fit(…, class_weight="balanced").',
            "除准确率外看每一类的召回率和 F1；给类别加权："
            'fit(…, class_weight="balanced")。',
        ),
    ),
    "leakage": (
        (
            "Rows of the validation set are in the training set too",
            "验证集的样本也在训练集中",
        ),
        (
            "Measured: {shared:,} of {rows:,} validation rows have the same inputs as "
            "a training row.",
            "测得：{rows:,} 个验证样本中有 {shared:,} 个的输入与某个训练样本相同。",
        ),
        (
            "Threshold {threshold:.0%}: what was learned by heart counts as known, and "
            "the validation loss is too good.",
            "阈值 {threshold:.0%}：背下来的被当作学会的，验证损失偏乐观。",
        ),
        (
            "Remove duplicates before splitting, or keep those that belong together "
            "on one side.",
            "划分前先去重，或把相关的样本放在同一侧。",
        ),
    ),
    "loss_twice": (
        (
            "{layer} does what {loss} does once more",
            "{layer} 与 {loss} 做了同样的事",
        ),
        (
            "Measured: the model ends with {layer}, and the loss is {loss}.",
            "测得：模型以 {layer} 结尾，而损失是 {loss}。",
        ),
        (
            "{loss} takes the numbers before that layer (logits); applied twice the "
            "largest share is flattened, and the gradients with it.",
            "{loss} 需要该层之前的数（logits）；做两次会压平概率，梯度也随之变小。",
        ),
        ("Leave {layer} out.", "去掉 {layer}。"),
    ),
    "constant_predictions": (
        ("The predictions are constant", "预测是常数"),
        (
            "Measured from step {step} to step {until}: the outputs of the rows of a "
            "mini-batch have a standard deviation of {spread:.2g}.",
            "第 {step} 步到第 {until} 步测得：一个批内各样本输出的标准差为 "
            "{spread:.2g}。",
        ),
        (
            "Threshold {threshold:.2g}: below it all rows get nearly the same answer.",
            "阈值 {threshold:.2g}：低于它，所有样本得到几乎相同的答案。",
        ),
        (
            "Look at the other findings first (dead units, gradients, learning rate, "
            "labels); then whether the inputs reach the last layer.",
            "先看其他发现（死亡单元、梯度、学习率、标签）；再看输入能否传到最后一层。",
        ),
    ),
    "overfitting": (
        ("The network overfits", "过拟合"),
        (
            "Measured: the validation loss was lowest in epoch {best}, {low:.4g}, and "
            "{end:.4g} in epoch {epochs}, while the training loss fell to {train:.4g}.",
            "测得：验证损失在第 {best} 轮最低，为 {low:.4g}，第 {epochs} 轮为 "
            "{end:.4g}，而训练损失降到 {train:.4g}。",
        ),
        (
            "Threshold {threshold:g} times the lowest: less is noise between epochs. "
            "The weights of the best epoch are kept.",
            "阈值为最低值的 {threshold:g} 倍：更小的差别是轮间噪声。"
            "保留的是最佳轮的权重。",
        ),
        (
            "More rows or augmentation, a smaller network, dropout, weight decay; "
            "patience=5 ends the run in time.",
            "增加样本或数据增强，缩小网络，用 dropout 或权重衰减；"
            "patience=5 会及时停止。",
        ),
    ),
    "underfitting": (
        ("The network underfits", "欠拟合"),
        (
            "Measured: after {epochs} epochs the training loss is {loss:.4g}; one "
            "answer for all rows gets {baseline:.4g}.",
            "测得：{epochs} 轮后训练损失为 {loss:.4g}；对所有样本给同一个答案时为 "
            "{baseline:.4g}。",
        ),
        (
            "Threshold {threshold:.0%} of that baseline: hardly anything was learned "
            "from the inputs.",
            "阈值为该基线的 {threshold:.0%}：几乎没有从输入中学到什么。",
        ),
        (
            "A wider or deeper network, an activation between the layers, more epochs, "
            "better inputs.",
            "用更宽或更深的网络，层间加激活函数，增加轮数，改进输入。",
        ),
    ),
}

PHRASES: Final[Table] = {
    "comma": (", ", "、"),
    "not seen": (
        "Not seen, which is no proof of absence: {0}.",
        "未见到（不等于没有）：{0}。",
    ),
    "not looked at": ("Not looked for: {0} ({1}).", "未检查：{0}（{1}）。"),
    "not_finite": ("NaN or infinity", "NaN 或无穷大"),
    "learning_rate_too_large": ("learning rate too large", "学习率过大"),
    "exploding_gradients": ("exploding gradients", "梯度爆炸"),
    "vanishing_gradients": ("vanishing gradients", "梯度消失"),
    "dead_relu": ("dead ReLUs", "死亡的 ReLU"),
    "saturated": ("saturated sigmoids or tanhs", "饱和的 sigmoid 或 tanh"),
    "no_gradient": ("layers without a gradient", "没有梯度的层"),
    "not_in_optimizer": ("layers that no optimizer holds", "不在优化器中的层"),
    "learning_rate_too_small": ("learning rate too small", "学习率过小"),
    "inputs_not_normalised": ("inputs not normalised", "输入未归一化"),
    "targets_not_normalised": ("targets not normalised", "目标未归一化"),
    "labels_look_shuffled": ("labels that look shuffled", "像被打乱的标签"),
    "class_imbalance": ("class imbalance", "类别不平衡"),
    "leakage": ("rows in both training and validation set", "训练集与验证集重复"),
    "loss_twice": ("softmax or sigmoid before its loss", "损失之前多余的 softmax"),
    "constant_predictions": ("constant predictions", "常数预测"),
    "overfitting": ("overfitting", "过拟合"),
    "underfitting": ("underfitting", "欠拟合"),
}

NOT_LOOKED: Final[Table] = {
    "readings": (
        "the layers were not read during the run; leave doctor=True, or give the Watch "
        "layers=model",
        "训练中没有测量各层；请保留 doctor=True，或给 Watch 设 layers=model",
    ),
    "validation": ("there is no validation set", "没有验证集"),
    "loss": ("no baseline is known for this loss", "该损失没有已知的基线"),
    "classes": ("the targets are no classes", "目标不是类别"),
}
