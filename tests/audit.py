"""Look for known faults in the pinned versions of constraints.txt, with pip-audit: python tests/audit.py

Part of `make lint`. Where the advisories cannot be had (no network, or a mirror without them), it says so and does not
fail: what is then not known is no reason to stop somebody's work.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120
UNREACHABLE = ("ConnectionError", "ConnectTimeout", "Max retries", "ServiceError", "HTTPError", "NameResolution")
"""What pip-audit says if the service of advisories does not answer."""


def verdict(code: int, said: str) -> tuple[int, str]:
    """The exit code and the sentence for what pip-audit ended with and said."""
    unknown = said.count("could not be audited")
    if code == 0 and unknown:
        return 0, f"No known fault; of {unknown} pinned packages the index that is used here knows no advisories."
    if code == 0:
        return 0, "No known fault in the pinned versions."
    if any(word in said for word in UNREACHABLE) and "known vulnerabilit" not in said:
        return 0, "The advisories could not be reached, so that the pinned versions were not audited."
    return 1, said


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "constraints.txt"), "--no-deps"]
    command += ["--disable-pip", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        print("The advisories did not answer in time, so that the pinned versions were not audited.")
        return 0
    code, sentence = verdict(done.returncode, done.stdout + done.stderr)
    print(sentence)
    return code


if __name__ == "__main__":
    sys.exit(main())
