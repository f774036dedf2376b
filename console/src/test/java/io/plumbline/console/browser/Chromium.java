package io.plumbline.console.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
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
public final class Chromium implements AutoCloseable {
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

    public static Chromium start() {
        return new Chromium(Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))));
    }

    /** A browser of its own, in which nobody is signed in. */
    public Page open(Duration patience) {
        return open(new Browser.NewContextOptions().setViewportSize(1440, 1000), patience);
    }

    /** Likewise, set up as {@code options} say. */
    public Page open(Browser.NewContextOptions options, Duration patience) {
        BrowserContext context = browser.newContext(options);
        context.setDefaultTimeout(patience.toMillis());
        Page page = context.newPage();
        page.onResponse(response -> {
            if (response.status() >= 400) {
                failures.add(response.status() + " " + response.url());
            }
        });
        // A page that is left while it still loads, and a download, abort; whoever cuts the line takes the rest away.
        page.onRequestFailed(request -> {
            if (!"net::ERR_ABORTED".equals(request.failure())) {
                failures.add(request.failure() + " " + request.url());
            }
        });
        page.onPageError(failures::add);
        return page;
    }

    /** Until the page that somebody who signed in meets has loaded. */
    public static void signIn(Page page, String console, String person, String password) {
        page.navigate(console + "/login");
        page.locator("input[name=username]").fill(person);
        page.locator("input[name=password]").fill(password);
        page.waitForLoadState(LoadState.NETWORKIDLE);
        page.keyboard().press("Enter");
        page.waitForURL(url -> !url.contains("login"));
        page.waitForLoadState(LoadState.NETWORKIDLE);
    }

    /** Failed requests and errors of pages since the last time. */
    public List<String> failures() {
        List<String> seen = List.copyOf(failures);
        failures.clear();
        return seen;
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
