"""All rules in order, and what they found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ranvier.train.doctor import data, layers, rates, results
from ranvier.train.doctor.evidence import Evidence
from ranvier.train.doctor.finding import Finding
from ranvier.train.doctor.texts import NOT_LOOKED, PHRASES, SENTENCES
from ranvier.train.scoring import Scoring
from ranvier.train.words import LANGUAGES

Rule = Callable[[Evidence], Iterator[Finding]]
# fmt: off
RULES: dict[str, Rule] = {
    # what it finds             rule
    "not_finite":               rates.not_finite,
    "learning_rate_too_large":  rates.rate_too_large,
    "exploding_gradients":      layers.exploding_gradients,
    "vanishing_gradients":      layers.vanishing_gradients,
    "dead_relu":                layers.dead_relu,
    "saturated":                layers.saturated,
    "no_gradient":              layers.no_gradient,
    "not_in_optimizer":         layers.not_in_optimizer,
    "learning_rate_too_small":  rates.rate_too_small,
    "inputs_not_normalised":    data.inputs_not_normalised,
    "targets_not_normalised":   data.targets_not_normalised,
    "labels_look_shuffled":     data.labels_shuffled,
    "class_imbalance":          data.class_imbalance,
    "leakage":                  data.leakage,
    "loss_twice":               results.loss_twice,
    "constant_predictions":     results.constant_predictions,
    "overfitting":              results.overfitting,
    "underfitting":             results.underfitting,
}
SYMPTOMS = ("class_imbalance", "constant_predictions", "underfitting")
CAUSES = {
    # not told                  where one of these explains it
    "vanishing_gradients":      ("dead_relu",),
    "learning_rate_too_small":  ("vanishing_gradients", "no_gradient"),
    "underfitting":             tuple(name for name in RULES if name not in SYMPTOMS),
}
# fmt: on
FROM_READINGS = (
    "learning_rate_too_large",
    "exploding_gradients",
    "vanishing_gradients",
    "dead_relu",
    "saturated",
    "no_gradient",
    "learning_rate_too_small",
    "constant_predictions",
)


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor says of a run: a sequence of findings, the gravest first.

    not_looked_at: what could not be looked for, and why ("readings", "validation",
        "loss", "classes": keys of `texts.NOT_LOOKED`).
    """

    findings: tuple[Finding, ...]
    not_looked_at: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, place: int) -> Finding:
        return self.findings[place]

    @property
    def names(self) -> list[str]:
        """What was found, each once."""
        return list(dict.fromkeys(finding.name for finding in self.findings))

    @property
    def not_seen(self) -> list[str]:
        """What was looked for and not seen, which is no proof that it is not there."""
        known = {*self.names, *self.not_looked_at}
        return [name for name in RULES if name not in known]

    def text(self, lang: str = "en") -> str:
        """Findings, then what was not seen, then what was not looked for."""
        parts = [finding.text(lang) for finding in self.findings]
        return "\n".join([*parts, *filter(None, [self.absences(lang)])])

    def absences(self, lang: str = "en") -> str:
        """What was not seen, which is no proof, and what was not looked for."""
        column, parts = LANGUAGES.index(lang), []
        comma = PHRASES["comma"][column]
        if self.not_seen:
            names = comma.join(PHRASES[name][column] for name in self.not_seen)
            parts.append(PHRASES["not seen"][column].format(names))
        for why in dict.fromkeys(self.not_looked_at.values()):
            those = [n for n, reason in self.not_looked_at.items() if reason == why]
            names = comma.join(PHRASES[name][column] for name in those)
            reason = NOT_LOOKED[why][column]
            parts.append(PHRASES["not looked at"][column].format(names, reason))
        return "\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """What JSON keeps, and `Diagnosis.of` takes."""
        findings = [finding.as_dict() for finding in self.findings]
        return {"findings": findings, "not_looked_at": self.not_looked_at}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Diagnosis:
        """The diagnosis that `as_dict` came from, as far as this version knows it."""
        known = [f for f in kept["findings"] if f["name"] in SENTENCES]
        findings = tuple(Finding.of(**fields) for fields in known)
        blind = {n: r for n, r in kept["not_looked_at"].items() if r in NOT_LOOKED}
        return cls(findings, blind)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def examine(seen: Evidence) -> Diagnosis:
    """Every rule that has something to go by; consequences are left out."""
    blind = not_looked_at(seen)
    rules = (rule for name, rule in RULES.items() if name not in blind)
    found = [finding for rule in rules for finding in rule(seen)]
    names = {finding.name for finding in found}
    kept = (f for f in found if not names & set(CAUSES.get(f.name, ())))
    return Diagnosis(tuple(kept), blind)


def not_looked_at(seen: Evidence) -> dict[str, str]:
    """What there is nothing to see of, and why."""
    blind: dict[str, str] = {}
    if not any(name.endswith(".grad_norm") for name in seen.columns):
        blind |= dict.fromkeys(FROM_READINGS, "readings")
    if seen.val is None:
        unseen = ("leakage", "overfitting", "labels_look_shuffled")
        blind |= dict.fromkeys(unseen, "validation")
    if math.isnan(seen.baseline):
        blind["underfitting"] = "loss"
    if seen.scoring is Scoring.NONE:
        blind |= dict.fromkeys(("labels_look_shuffled", "class_imbalance"), "classes")
    return blind
