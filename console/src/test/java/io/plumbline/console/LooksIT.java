package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoSession;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From the smallest screen to a wall, in the order of the eye, and as the person left it. */
class LooksIT extends ConsoleTest {
    private static final List<String> PAGES =
            List.of("/shift", "/alerts", "/sessions", "/session/" + DemoSession.SESSION, "/rules");

    private static final String ROOM = """
        () => {
          const main = document.querySelector('main');
          return document.documentElement.scrollWidth <= innerWidth && main.scrollWidth <= main.clientWidth
              && main.getBoundingClientRect().right >= innerWidth - 1;
        }
        """;

    @Test
    void everyPageFillsTheScreenFromThatOfALaptopToAWall() {
        try (Page page = stack.signedIn("admin")) {
            for (String path : PAGES) {
                page.navigate(stack.base + path);
                assertThat(page.locator("main h1").first()).isVisible();
                for (int[] size : new int[][] {{1280, 720}, {2560, 1440}, {3840, 2160}}) {
                    page.setViewportSize(size[0], size[1]);
                    page.waitForFunction(ROOM);
                }
                ConsoleStack.screenshot(page, "wall" + path.replace('/', '-'));
            }
        }
    }

    @Test
    void theFocusGoesThroughTheNavigationAndThenThePageAsTheyAreRead() {
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/alerts");
            assertThat(page.locator("#queue-text")).isVisible();
            List<String> reached = new ArrayList<>();
            for (int step = 0; step < 40 && !reached.contains("queue-text"); step++) {
                page.keyboard().press("Tab");
                reached.add((String) page.evaluate("document.activeElement.id"));
            }
            assertThat(reached)
                    .startsWith("nav-shift", "nav-alerts", "nav-approvals", "nav-sessions", "nav-rules", "nav-policies")
                    .containsSubsequence("nav-account", "theme", "density", "sign-out", "export-csv", "queue-text");
        }
    }

    @Test
    void themeAndDensityStayAsTheyWereChosen() {
        try (Page page = stack.signedIn("vic")) {
            page.locator("#theme").click();
            page.locator("#density").click();
            assertThat(page.locator("html[theme=light][data-density=compact]")).hasCount(1);
            page.reload();
            assertThat(page.locator("html[theme=light][data-density=compact]")).hasCount(1);
            page.locator("#theme").click();
            page.locator("#density").click();
            assertThat(page.locator("html[theme=dark][data-density=roomy]")).hasCount(1);
        }
    }
}
