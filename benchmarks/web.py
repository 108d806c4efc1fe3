"""How long the exported web page takes in Chromium, beside the workbench's own score path on one thread.

    make web (once, for out/elpv-web), then
    python -m benchmarks.web [--page out/elpv-web] [--checkpoint checkpoints/elpv-mono] [--rounds 5]

From opening to the first heatmap: each round in a new browser context, so that nothing is cached, with the folder
served on this computer. Per picture: from the press on a sample to its heatmap; "network" is the part in ONNX Runtime
Web, on one thread. Beside it, in the same rounds and in turn: `Detector.score` of the same pictures, one at a time, on
one thread. The medians are printed.
"""

import argparse
import functools
import http.server
import os
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Browser, sync_playwright

from nnet.data.images import decode
from nnet.detector import Detector

PRESS = """async (number) => {
    const { state } = await import('/main.js'), start = performance.now(), before = state.computed;
    document.querySelector(`#samples button:nth-child(${number})`).click();
    while (state.computed === before) await new Promise((done) => setTimeout(done, 1));
    return [performance.now() - start, state.took];
}"""
FIRST = """async () => {
    while (!Number(document.body.dataset.pictures)) await new Promise((done) => setTimeout(done, 5));
    return performance.now();
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=Path("out/elpv-web"))
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/elpv-mono"))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    model = Detector.load(options.checkpoint, "cpu")
    images = [decode(path).image for path in sorted((options.page / "samples").iterdir())]
    model.score(images[:1])
    found: dict[str, list[float]] = {"first heatmap": [], "picture": [], "network": [], "workbench": []}
    with served(options.page) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(options.rounds):
            measure(browser, address, len(images), found)
            for image in images:
                start = time.perf_counter()
                model.score([image])
                found["workbench"].append(1000 * (time.perf_counter() - start))
        version = browser.version
        browser.close()
    print(
        f"Chromium {version}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}; load {load:.1f} before"
    )
    for name, each in found.items():
        print(f"{name}: median {statistics.median(each):.0f} ms, {min(each):.0f} to {max(each):.0f}, of {len(each)}")


def measure(browser: Browser, address: str, samples: int, found: dict[str, list[float]]) -> None:
    """Open the page anew and press each sample."""
    page: Any = browser.new_context().new_page()
    page.set_default_timeout(300_000)
    page.goto(address)
    found["first heatmap"].append(page.evaluate(FIRST))
    for number in range(1, samples + 1):
        whole, network = page.evaluate(PRESS, number)
        found["picture"].append(whole)
        found["network"].append(network)
    page.context.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a free port, until the end."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    server = http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
