"""See that no built page is wider than its window: `python docs/check_pages.py build/docs`.

Each page is opened by headless Chromium in frames of a phone's, a tablet's and a desk's width,
light and dark, and measured. On a desk no line of code may be cut, either. Where there is no
Chromium it says so, and that nothing was looked at.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTHS = (400, 800, 1280)
DESK = WIDTHS[-1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 280
#: Opens one page after the other in a frame, and leaves what is too wide in the document.
SCRIPT = """
const found = [];
async function look(url, width, theme) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.src = url;
  document.body.append(frame);
  await new Promise(loaded => { frame.onload = loaded; });
  const page = frame.contentDocument;
  page.body.dataset.theme = theme;
  const wide = page.documentElement.scrollWidth;
  const say = what => found.push(`${url.split("/docs/").pop()} at ${width}, ${theme}: ${what}`);
  if (wide > width) say(`the page is ${wide} wide`);
  for (const image of page.images)
    if (image.complete && !image.naturalWidth) say(`no picture ${image.getAttribute("src")}`);
  if (width === DESK)
    for (const code of page.querySelectorAll("article pre"))
      if (code.scrollWidth > code.clientWidth + 1)
        say(`code is cut: ${code.textContent.trim().split("\\n")[0].slice(0, 60)}`);
  frame.remove();
}
(async () => {
  for (const url of PAGES)
    for (const width of WIDTHS)
      for (const theme of ["light", "dark"])
        await look(url, width, theme);
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(found);
  document.body.append(result);
})();
"""


def check(folder: Path) -> list[str] | None:
    """What is too wide; None where there is nothing to look with."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return None
    pages = [page.resolve().as_uri() for page in sorted(folder.rglob("*.html"))]
    settings = {"PAGES": pages, "WIDTHS": WIDTHS, "DESK": DESK}
    names = "".join(f"const {name} = {json.dumps(value)};" for name, value in settings.items())
    with tempfile.TemporaryDirectory() as home:
        opener = Path(home, "open.html")
        opener.write_text(f"<body><script>{names}{SCRIPT}</script></body>", "utf-8")
        shown = subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
                *("--allow-file-access-from-files", f"--user-data-dir={home}/profile"),
                *(f"--virtual-time-budget={1000 * SECONDS}", "--window-size=1400,1000"),
                opener.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        ).stdout
    result = re.search(r'<pre id="result">(.*?)</pre>', shown, re.DOTALL)
    if result is None:
        raise SystemExit("the browser did not come to the end of the pages")
    found: list[str] = json.loads(html.unescape(result[1]))
    return found


def main() -> None:
    """The command line."""
    found = check(Path(sys.argv[1]))
    if found is None:
        print(f"nothing was looked at: there is none of {', '.join(BROWSERS)}")
        return
    for line in found:
        print(line)
    if found:
        raise SystemExit(f"{len(found)} pages are too wide, cut or without a picture")
    print("all pages fit")


if __name__ == "__main__":
    main()
