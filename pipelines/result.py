"""Print what the last run found and where its report is: ``python -m pipelines.result``. Not a stage: it changes nothing."""

from datatools.report.closing import closing_lines
from pipelines.stage import DATA, guarded, read_json


def show() -> None:
    """Print the accuracies that ``evaluate`` left."""
    print(closing_lines(read_json(DATA / "evaluate" / "metrics.json")))


if __name__ == "__main__":
    guarded("result", show)
