"""The page as a browser shows it: headless Chromium, where there is one."""

from __future__ import annotations

import ftplib
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.running import PATIENCE, start
from support.halves import half

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="chromium and chromedriver are not installed"
    ),
    pytest.mark.timeout(180),  # a browser takes its time to start
]

#: What clients call themselves and their files; each would run if it were taken for markup.
EVIL_USER = "<img src=x onerror=evil()>"
EVIL_FILE = "<svg onload=evil()>"
PATIENCE_OF_BROWSERS = 30.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server"):
        options.add_argument(option)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(DRIVER)
    with webdriver.Chrome(options, service) as driver:
        yield driver


@contextmanager
def looked_at(browser: Any, folder: Path, *words: str) -> Iterator[int]:
    """Serve a folder and open the server's page; gives the server's port."""
    words = ("--user", "alice:wonder", "--user", f"{EVIL_USER}:x", "--login-delay", "0", *words)
    with start("serve", str(folder), "--status", "127.0.0.1:0", *words) as process:
        try:
            assert process.stderr is not None
            assert process.stdout is not None
            told = re.fullmatch(r"status page (http://\S+)\n", process.stderr.readline())
            port = re.search(r":(\d+)/", process.stdout.readline())
            assert told
            assert port
            browser.get(told[1])
            yield int(port[1])
        finally:
            browser.get("about:blank")
            process.terminate()
            assert process.wait(PATIENCE) == 0


def connected(port: int, user: str = "alice", password: str = "wonder") -> ftplib.FTP:
    ftp = ftplib.FTP()
    ftp.connect("127.0.0.1", port, timeout=PATIENCE)
    try:
        ftp.login(user, password)
        ftp.voidcmd("TYPE I")
    except BaseException:
        ftp.close()
        raise
    return ftp


def text_of(browser: Any, selector: str) -> str:
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('|')"
    return str(browser.execute_script(script, selector))


def is_shown(browser: Any, selector: str) -> bool:
    return bool(browser.find_element("css selector", selector).is_displayed())


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_OF_BROWSERS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def enter(browser: Any, selector: str, text: str) -> None:
    """Type into a field, as a person does."""
    field = browser.find_element("css selector", selector)
    field.send_keys("\ue009a\ue000", text, "\ue007")  # all of it is replaced; the key Enter


@contextmanager
def downloading(ftp: ftplib.FTP, name: str) -> Iterator[None]:
    """Take a file in as fast as it comes."""
    with ftp.transfercmd(f"RETR {name}") as data:
        ended = threading.Thread(target=lambda: all(iter(lambda: _received(data), b"")))
        ended.start()
        yield
        data.close()
        ended.join(PATIENCE)


def _received(data: Any) -> bytes:
    try:
        return bytes(data.recv(65536))
    except OSError:  # it was kicked, or closed
        return b""


def asked_hosts(browser: Any) -> set[str]:
    """The hosts that the browser has sent requests to."""
    logged = "".join(entry["message"] for entry in browser.get_log("performance"))
    return set(re.findall(r'"url":"https?://([^/":]+)', logged))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_page(browser: Any, tmp_path: Path, backend: str) -> None:
    (tmp_path / EVIL_FILE).write_bytes(bytes(50_000_000))
    words = ("--backend", backend, "--limit-rate", "400K", "--ban-after", "2")
    with looked_at(browser, tmp_path, *words) as port, ExitStack() as stack:
        until(lambda: "Nobody is connected." in text_of(browser, "main"))
        assert "#" not in browser.current_url  # the token is not left where it is seen
        evil = connected(port, EVIL_USER, "x")
        stack.callback(evil.close)
        stack.enter_context(downloading(evil, EVIL_FILE))

        def rows() -> str:
            return text_of(browser, "#sessions tbody tr")

        until(lambda: EVIL_USER in rows() and f"RETR /{EVIL_FILE}" in rows())

        # Rates are drawn, and they are about what they are limited to.
        until(lambda: len(points(browser)) > 3)
        until(lambda: 250 < float(text_of(browser, "#rate-down").split()[0]) < 550)
        assert "KiB/s" in text_of(browser, ".rate")

        # A limit holds at once, and is what everybody is shown from then on.
        enter(browser, "#sessions input[aria-label^=download]", "20")
        until(lambda: 5 < float(text_of(browser, ".rate").split()[0]) < 60)
        browser.refresh()  # the token is kept for this tab
        until(lambda: value(browser, "#sessions input[aria-label^=download]") == "20")
        enter(browser, "#sessions input[aria-label^=download]", "-3")
        until(lambda: "A limit is a number above 0." in text_of(browser, "#notice"))

        # Who is sent away is gone.
        browser.find_element("css selector", "#sessions button").click()
        until(lambda: EVIL_USER not in rows())
        until(lambda: text_of(browser, "#count-sessions") == "0")

        # Refusals and bans.
        enter(browser, "#max_connections_per_address", "7")
        for _ in range(2):
            with pytest.raises(ftplib.Error):
                connected(port, EVIL_USER, "wrong")
        until(lambda: "127.0.0.1" in text_of(browser, "#bans"))
        # The page asks every second, and may have asked between a refusal and the ban it led to.
        until(lambda: text_of(browser, "#refusals").count(EVIL_USER) == 2)
        browser.find_element("css selector", "#bans button").click()
        until(lambda: "Nobody is banned." in text_of(browser, "main"))
        connected(port).close()
        assert value(browser, "#max_connections_per_address") == "7"

        # Names are text, nothing was asked of anybody else, and nothing was complained about.
        script = "return document.querySelectorAll('img, main svg[onload]').length"
        assert browser.execute_script(script) == 0
        assert browser.execute_script("return typeof evil") == "undefined"
        assert asked_hosts(browser) <= {"127.0.0.1"}
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def points(browser: Any) -> list[str]:
    script = "return document.querySelector('#sessions polyline')?.getAttribute('points') ?? ''"
    return str(browser.execute_script(script)).split()


def value(browser: Any, selector: str) -> str | None:
    script = "return document.querySelector(arguments[0])?.value"
    found: str | None = browser.execute_script(script, selector)
    return found


def test_without_the_token_it_asks_for_it(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("sixteen-letters-and-more\n")
    with looked_at(browser, tmp_path, "--status-token", str(file)):
        until(lambda: is_shown(browser, "#entrance"))
        assert not is_shown(browser, "main")
        enter(browser, "#token", "sixteen-letters-and-less")
        until(lambda: "does not know this token" in text_of(browser, "#notice"))
        enter(browser, "#token", "sixteen-letters-and-more")
        until(lambda: "Nobody is connected." in text_of(browser, "main"))
        assert not is_shown(browser, "#entrance")
        assert text_of(browser, "#notice") == ""
        browser.get_log("browser")  # of the refusals


@half(width=[400, 800, 1280], scheme=["light", "dark"])
def test_it_fits_and_can_be_read(browser: Any, tmp_path: Path, width: int, scheme: str) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        with looked_at(browser, tmp_path) as port, connected(port, EVIL_USER, "x"):
            until(lambda: EVIL_USER in text_of(browser, "#sessions"))
            script = "return document.documentElement.scrollWidth - innerWidth"
            assert browser.execute_script(script) <= 0
            script = "const style = getComputedStyle(document.body);"
            script += "return [style.color, style.backgroundColor]"
            ink, ground = browser.execute_script(script)
            assert contrast(ink, ground) > 7
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it."""
    light, dark = sorted(map(_luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
