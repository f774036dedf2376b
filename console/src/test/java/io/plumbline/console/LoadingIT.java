package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** What stands on a page until its content is there, and where that cannot be had. */
class LoadingIT extends ConsoleTest {
    @Test
    void aPageStandsBeforeItsContentIsReadAndSaysWhenItCannotBe() throws Exception {
        stack.index.write(List.of(DemoIndex.alert(
                "slow-1", now(), DeviationKind.UNANNOUNCED, Severity.MEDIUM, "read late", "sh ran late", 30)));
        try (SearchLine line = new SearchLine(stack.search());
                ConfigurableApplicationContext slow =
                        stack.console(DemoSession.TENANT, 0, "--plumbline.elasticsearch-url=" + line.url());
                Page page = stack.signedIn("vic", "http://127.0.0.1:" + ConsoleStack.port(slow))) {
            String base = "http://127.0.0.1:" + ConsoleStack.port(slow);
            String session = "/session/" + DemoSession.SESSION;
            String queue = "/alerts?q=plumbline.session:slow-1";
            Map<String, String> reading =
                    Map.of(session, "Reading session " + DemoSession.SESSION, queue, "reading…", "/hosts", "reading…");
            Map<String, String> content =
                    Map.of(session, "List the files in this folder.", queue, "read late", "/hosts", "host-3");
            for (String path : List.of(session, queue, "/hosts")) {
                line.hold();
                page.navigate(base + path);
                assertThat(page.locator("#nav-sessions")).isVisible();
                assertThat(page.locator("main")).containsText(reading.get(path));
                assertThat(page.locator("main")).not().containsText(content.get(path));
                ConsoleStack.screenshot(page, "reading" + path.replaceAll("[^a-z]+", "-"));
                line.restore();
                assertThat(page.locator("main")).containsText(content.get(path));
                assertThat(page.locator("main")).not().containsText(reading.get(path));
            }
            for (String path : List.of(session, queue)) {
                line.cut();
                page.navigate(base + path);
                assertThat(page.locator("main"))
                        .containsText("The search copy does not answer. Nothing is known about");
                ConsoleStack.screenshot(page, "unanswered" + path.replaceAll("[^a-z]+", "-"));
                // Nobody has to load the page again.
                line.restore();
                assertThat(page.locator("main")).containsText(content.get(path));
                assertThat(page.getByText("Nothing is known about")).isHidden();
            }
        }
    }
}
