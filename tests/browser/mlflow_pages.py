"""MLflow's own pages in a browser: opened by our links, waited for, read."""

from __future__ import annotations

import time
from pathlib import Path

from tests.browser.chrome import Tab

#: Seconds that a page of MLflow's has to show what is waited for.
PATIENCE = 90.0


def go(tab: Tab, address: str, *, width: int = 1440, height: int = 900) -> None:
    """Open a page in a window of this size."""
    tab.call(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=height,
        deviceScaleFactor=1,
        mobile=False,
    )
    tab.call("Page.navigate", url="about:blank")  # a link that differs after # loads nothing
    tab.call("Page.navigate", url=address)


def text(tab: Tab) -> str:
    """What the page says."""
    return str(tab.run("document.body ? document.body.innerText : ''"))


def wait_for(tab: Tab, *words: str) -> str:
    """Wait until the page says all of these; returns what it says."""
    end = time.monotonic() + PATIENCE
    while True:
        said = text(tab)
        if all(word in said for word in words):
            return said
        assert time.monotonic() < end, f"{[w for w in words if w not in said]} not in:\n{said}"
        time.sleep(0.3)


def click(tab: Tab, selector: str, words: str = "") -> None:
    """Click the first element of a selector whose text, or label, holds these words."""
    found = f"""(() => {{
      const node = [...document.querySelectorAll({selector!r})].find((n) =>
        (n.innerText + " " + (n.getAttribute("aria-label") || "")).includes({words!r}));
      if (!node) return false;
      node.scrollIntoView({{block: "center"}});
      node.click();
      return true; }})()"""
    end = time.monotonic() + PATIENCE
    while not tab.run(found):
        assert time.monotonic() < end, f"no {selector} {words!r} in:\n{text(tab)}"
        time.sleep(0.3)


def to_top(tab: Tab, selector: str, words: str) -> None:
    """Scroll the page until an element stands at its top."""
    tab.run(f"""[...document.querySelectorAll({selector!r})].find((n) =>
      (n.getAttribute("aria-label") || "").includes({words!r})).scrollIntoView()""")


def picture(tab: Tab, to: Path, settle: float = 2.0) -> None:
    """A PNG of the window, once the charts have come to rest."""
    time.sleep(settle)
    tab.picture(to, whole=False)


def scroll_to(tab: Tab, words: str) -> str:
    """Scroll lists, which hold only the rows in sight, until one shows these words."""
    # A list may be of two that move together: the wider one leads.
    step = """(() => {
      const lists = [...document.querySelectorAll("*")].filter((node) =>
        ["auto", "scroll"].includes(getComputedStyle(node).overflowY)
        && node.scrollHeight > node.clientHeight + 10 && node.clientHeight < innerHeight / 2);
      lists.sort((a, b) => b.clientWidth - a.clientWidth);
      if (lists.length) lists[0].scrollTop += lists[0].clientHeight / 2; })()"""
    end = time.monotonic() + PATIENCE
    while words not in text(tab):
        assert time.monotonic() < end, f"no {words!r} in:\n{text(tab)}"
        tab.run(step)
        time.sleep(0.3)
    return text(tab)
