"""Driving a real Neo4j Browser 5: the things that a person does in it."""

from __future__ import annotations

import base64
import re
from typing import Any

DROP = """([name, packed]) => {
  const bytes = Uint8Array.from(atob(packed), c => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name));
  const at = document.querySelector('.filedrop') || document.body;
  for (const type of ['dragenter', 'dragover', 'drop'])
    at.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


OLD = "() => document.querySelectorAll('[data-testid=frame]').forEach(f => f.dataset.old = 1)"
"""Marks the answers that are there: Browser keeps only so many."""


def connect(page: Any, address: str, password: str) -> None:
    """Open the address, type the password, and wait until it is connected."""
    page.goto(address)
    page.locator("input[type=password]").first.fill(password)
    said = page.locator("text=You are connected as user")
    for _ in range(5):  # right after a server's start a login can be refused for a while
        page.get_by_test_id("connect").click()
        try:
            said.first.wait_for(timeout=8_000)
        except Exception:  # noqa: BLE001 - tried again, and the last wait tells
            page.wait_for_timeout(1_000)
        else:
            return
    said.first.wait_for(timeout=1_000)


def next_slide(page: Any) -> str:
    """Turn to the next slide and return its heading."""
    before = page.locator("h3:visible").first.inner_text()
    page.get_by_test_id("guideNextSlide").click()
    page.locator("h3:visible", has_text=re.compile(rf"^(?!{re.escape(before)}$)")).first.wait_for()
    return str(page.locator("h3:visible").first.inner_text())


def run_blocks(page: Any) -> list[str]:
    """Click every block of the slide and run it; return what each answered."""
    out = []
    blocks = page.locator("pre.runnable:visible")
    for at in range(blocks.count()):
        page.evaluate(OLD)
        blocks.nth(at).click()
        page.wait_for_timeout(250)  # the editor takes the text over
        page.get_by_test_id("editor-Run").click()
        frame = page.locator("[data-testid=frame]:not([data-old])").first
        frame.wait_for()
        done = r"Started streaming|completed after|Successfully set|ERROR|no records|Displaying"
        frame.locator(f"text=/{done}/").first.wait_for(timeout=20_000)
        out.append(str(frame.inner_text()))
    return out


def drop(page: Any, name: str, content: bytes) -> None:
    """Drop a file on the page, as a mouse would."""
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])
