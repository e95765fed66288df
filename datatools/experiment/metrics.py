"""The metrics by which runs can be compared: those that ``evaluate`` reports of all images, and how each is read."""

from typing import Literal, get_args

Metric = Literal[
    "accuracy",
    "top_3_accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "macro_roc_auc",
    "macro_pr_auc",
    "worst_class_recall",
    "worst_domain_accuracy",
    "log_loss",
    "brier",
    "ece",
    "ece_scaled",
]
METRICS: tuple[str, ...] = get_args(Metric)
LESS_IS_BETTER = {"log_loss", "brier", "ece", "ece_scaled"}
AMOUNTS = {"log_loss", "brier"}  # may exceed 1: written as they are, not in percent
