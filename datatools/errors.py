"""What can go wrong, as one tree.

ToolkitError            one line for a person: where, what it was, what would do
├── SettingsError       params.yaml or execution.yaml
└── DataError           a table, a folder or an image
    ├── SchemaError     a table does not have the columns, types or rows it promises
    ├── ImageError      one image cannot be used; carries the reason for the quarantine
    └── WeightsError    pretrained weights are missing, damaged or need the network
"""


class ToolkitError(Exception):
    """An error that the user can mend. Its text is one line and is all that a stage prints before exit code 1."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class SettingsError(ToolkitError):
    """A value in ``params.yaml`` or ``execution.yaml`` that cannot be used."""


class DataError(ToolkitError):
    """Data that cannot be used as they are."""


class SchemaError(DataError):
    """A table that breaks its declared schema."""


class ImageError(DataError):
    """An image that cannot be used.

    Attributes:
        reason: short word for the quarantine table, such as ``truncated``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        # An exception is rebuilt from its args when a worker process hands it back; two are needed here.
        return type(self), (self.reason, str(self))


class WeightsError(DataError):
    """Pretrained weights that cannot be loaded."""
