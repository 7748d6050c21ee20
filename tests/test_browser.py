"""The tests find their browser, or say what to do."""

import browser
import pytest


class Playwright:
    """Stands in for Playwright where its browser was never downloaded."""

    class chromium:
        executable_path = "/nowhere/chrome"


@pytest.fixture
def bare_machine(monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    monkeypatch.setattr(browser, "_run", lambda *command: None)


def test_the_browser_of_the_machine_comes_first(monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "google-chrome" else None)
    assert browser.find(Playwright) == "/usr/bin/google-chrome"


def test_then_the_browser_of_playwright_is_downloaded(bare_machine, monkeypatch, tmp_path):
    downloaded = tmp_path / "chrome"
    monkeypatch.setattr(Playwright.chromium, "executable_path", str(downloaded))
    monkeypatch.setattr(browser, "_run", lambda *command: "playwright" in command and downloaded.touch())
    assert browser.find(Playwright) == str(downloaded)


def test_then_root_on_debian_installs_chromium(bare_machine, monkeypatch):
    installed = {"apt-get"}
    monkeypatch.setattr(browser.os, "geteuid", lambda: 0)
    monkeypatch.setattr(browser, "_run", lambda *command: command[:2] == ("apt-get", "install") and installed.add(command[-1]))
    monkeypatch.setattr(browser.shutil, "which", lambda name: f"/usr/bin/{name}" if name in installed else None)
    assert browser.find(Playwright) == "/usr/bin/chromium"


def test_without_any_the_message_says_what_to_do(bare_machine):
    with pytest.raises(browser.NoBrowser, match="playwright install chromium"):
        browser.find(Playwright)
