"""Take the README's picture of the report's first screen: ``python -m examples.emoji.screen [--out docs/report.png]``; needs Chromium."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path("reports/index.html")
NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root Chromium has no sandbox; the page is the project's own and asks for nothing from outside.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
)


def main() -> int:
    """Take it; 1 after one line, if the user can mend it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/report.png"), help="file to write")
    parser.add_argument("--size", default="1160,700", help="width and height of the window in pixels")
    given = parser.parse_args()
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        print(f"no browser: none of {', '.join(NAMES)} is on the PATH; install Chromium", file=sys.stderr)
        return 1
    if not PAGE.is_file():
        print(f"{PAGE}: is missing; run: make repro", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        taken = _taken(browser, Path(folder), given.size)
        if taken is None:
            print(f"{PAGE}: {browser} took no picture of it", file=sys.stderr)
            return 1
        shutil.copyfile(taken, given.out)
    print(f"{given.out}: written")
    return 0


def _taken(browser: str, folder: Path, size: str) -> Path | None:
    # Pictures that load late would be missing: the browser takes the shot as soon as the page itself is there.
    page, shot = folder / "index.html", folder / "shot.png"
    page.write_text(PAGE.read_text(encoding="utf-8").replace(' decoding="async"', ""), encoding="utf-8")
    command = [
        browser,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={size}",
        f"--screenshot={shot}",
        page.as_uri(),
    ]
    done = subprocess.run(command, check=False, capture_output=True, timeout=120)
    return shot if done.returncode == 0 and shot.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
