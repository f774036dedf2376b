package io.plumbline.e2e;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.LoadState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Debian's chromium. What its pages ask for in vain, and their own errors, are noted. */
final class Chromium implements AutoCloseable {
    private final Playwright playwright;
    private final Browser browser;
    private final List<String> failures = new ArrayList<>();

    private Chromium(Playwright playwright) {
        this.playwright = playwright;
        this.browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(Path.of("/usr/bin/chromium"))
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync")));
    }

    static Chromium start() {
        return new Chromium(Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))));
    }

    /** A browser of its own, in which nobody is signed in. */
    Page open(Duration patience) {
        Page page = browser.newContext(new Browser.NewContextOptions().setViewportSize(1440, 1000))
                .newPage();
        page.setDefaultTimeout(patience.toMillis());
        page.onResponse(response -> {
            if (response.status() >= 400) {
                failures.add(response.status() + " " + response.url());
            }
        });
        // What a page that is left still loads, and a download, are given up.
        page.onRequestFailed(request -> {
            if (!"net::ERR_ABORTED".equals(request.failure())) {
                failures.add(request.failure() + " " + request.url());
            }
        });
        page.onPageError(failures::add);
        return page;
    }

    /** Until the page that somebody who signed in meets has loaded. */
    static void signIn(Page page, String console, String person, String password) {
        page.navigate(console + "/login");
        page.locator("input[name=username]").fill(person);
        page.locator("input[name=password]").fill(password);
        page.waitForLoadState(LoadState.NETWORKIDLE);
        page.keyboard().press("Enter");
        page.waitForURL(url -> !url.contains("login"));
        page.waitForLoadState(LoadState.NETWORKIDLE);
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
