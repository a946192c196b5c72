"""Where the folders that are shipped beside the code are found."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """Return the folder `templates` or `migrations`: inside `vcp` in a wheel, else in the checkout.

    Raises: FileNotFoundError when neither place has it.
    """
    for parent in (PACKAGE, PACKAGE.parent):
        found = parent / name
        if found.is_dir():
            return found
    message = f"No folder {name!r} in {PACKAGE} or {PACKAGE.parent}. Install the package again."
    raise FileNotFoundError(message)


def static_folder() -> Path:
    """Return the folder of styles, scripts and icons."""
    return PACKAGE / "static"
