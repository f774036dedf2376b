package io.plumbline.e2e;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.LoadState;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A browser for the console. */
final class Chromium implements AutoCloseable {
    private final Playwright playwright =
            Playwright.create(new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    private final Browser browser = playwright
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

    /** A page of a person who is not signed in yet and shares nothing with others. */
    Page page() {
        return browser.newPage(new Browser.NewPageOptions().setViewportSize(1440, 1000));
    }

    /** Signs in as {@code admin}. */
    static void signIn(Page page, String console, String password) {
        page.navigate(console + "/login");
        page.locator("input[name=username]").fill("admin");
        page.locator("input[name=password]").fill(password);
        // What the page still loads when it is left fails.
        page.waitForLoadState(LoadState.NETWORKIDLE);
        page.keyboard().press("Enter");
        page.waitForURL(url -> !url.contains("login"));
        page.waitForLoadState(LoadState.NETWORKIDLE);
    }

    @Override
    public void close() {
        playwright.close();
    }
}
