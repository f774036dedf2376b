package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.live.PipelineLag;
import io.plumbline.events.v1.StageTimes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** axe-core on every page in both themes: nothing serious or critical. Screenshots of them are left in {@code target}. */
class AccessibilityIT extends ConsoleTest {
    private static final String RUN = """
        async () => {
          // What is fading in, or on its way to another theme, has colours that nobody reads.
          const moving = root => [...root.getAnimations(), ...[...root.querySelectorAll('*')]
              .filter(part => part.shadowRoot).flatMap(part => moving(part.shadowRoot))];
          await Promise.all(moving(document)
              .filter(one => one.effect?.getComputedTiming().iterations !== Infinity)
              .map(one => one.finished.catch(() => {})));
          // What is in order would be named by a selector as well, each element of it.
          return (await axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']
          })).violations
            .filter(v => v.impact === 'serious' || v.impact === 'critical')
            .map(v => v.id + ': ' + v.nodes.slice(0, 2)
                .map(n => n.target.join(' ').slice(-50) + ' ' + (n.any[0]?.message || '').slice(0, 120)).join(' | '));
        }
        """;

    @Test
    void noPageHasASeriousFinding() throws Exception {
        waiting();
        long now = now();
        stack.index.write(DemoIndex.watched("watched-1", now));
        for (int i = 1; i <= 60; i++) {
            stack.bean(PipelineLag.class)
                    .arrived(
                            StageTimes.newBuilder()
                                    .setKernelNs(now - i * 1_000_000_000L)
                                    .build(),
                            Instant.ofEpochSecond(0, now - i * 1_000_000_000L + (40 + i % 7 * 9) * 1_000_000L));
        }
        Map<String, String> pages = new LinkedHashMap<>();
        pages.put("/shift", "#precision-chart svg");
        pages.put("/alerts", "#cause h2");
        pages.put("/suppressions", "#suppressions-summary");
        pages.put("/approvals", "#subject");
        pages.put("/sessions", "vaadin-grid");
        pages.put("/hosts", "#hosts vaadin-grid-cell-content:has-text('host-3')");
        pages.put("/policies", "#policy-document pre");
        pages.put("/rules", "#rule-text");
        pages.put("/rules/edit", "#remarks div");
        pages.put("/rules/coverage", ".technique");
        pages.put("/session/" + DemoSession.SESSION, "soc-timeline svg");
        pages.put("/compare/" + DemoSession.SESSION + "/8c02-7be1", "#compare-alerts");
        pages.put("/report", "#report-rules");
        pages.put("/report/session/" + DemoSession.SESSION, "#report-judged td");
        pages.put("/audit", "#audit");
        pages.put("/account", "#new-token");
        List<String> findings = new ArrayList<>();
        // The page that everybody meets first has no layout that would set the theme.
        try (Page page = stack.opened()) {
            page.navigate(stack.base + "/login");
            assertThat(page.locator("input[name=code]")).isVisible();
            for (String theme : List.of("light", "dark")) {
                page.evaluate(
                        "theme => { document.documentElement.setAttribute('theme', theme);"
                                + " document.documentElement.style.colorScheme = theme; }",
                        theme);
                ConsoleStack.screenshot(page, theme + "-login");
                page.evaluate(axe());
                check(page, theme + " /login", findings);
            }
        }
        try (Page page = stack.signedIn("admin")) {
            for (String theme : List.of("dark", "light")) {
                page.evaluate("theme => localStorage.setItem('soc-theme', theme)", theme);
                for (Map.Entry<String, String> entry : pages.entrySet()) {
                    if (entry.getKey().equals("/approvals")) {
                        // So that they wait still, however long the pages before took.
                        waiting();
                    }
                    page.navigate(stack.base + entry.getKey());
                    assertThat(page.locator(entry.getValue()).first()).isVisible();
                    assertThat(page.locator("html[theme~=" + theme + "]")).hasCount(1);
                    if (entry.getKey().equals("/shift")) {
                        assertThat(page.locator("#shift-canaries")).containsText("frozen in 43 ms, thawed in 12 ms");
                        assertThat(page.locator("#shift-scores")).containsText("900 scored acts of 24 hours, 3000 of");
                        assertThat(page.locator("#shift-hosts"))
                                .containsText("version 0.0.9, the others have 0.1.0, spool 700.0 of 1000 MB (70 %)");
                        assertThat(page.locator("#shift-lag")).containsText("newest 60 verdicts");
                        assertThat(page.locator("#scores-chart svg")).isVisible();
                    }
                    ConsoleStack.screenshot(page, theme + entry.getKey().replace('/', '-'));
                    page.evaluate(axe());
                    check(page, theme + " " + entry.getKey(), findings);
                }
                page.navigate(stack.base + "/session/" + DemoSession.SESSION);
                assertThat(page.locator("soc-timeline svg")).isVisible();
                page.evaluate(axe());
                for (String tab : List.of("files", "egress", "workspace", "raw")) {
                    page.locator("#tab-" + tab).click();
                    assertThat(page.locator("#tab-" + tab + ".on")).isVisible();
                    ConsoleStack.screenshot(page, "tab-" + theme + "-" + tab);
                    check(page, theme + " tab " + tab, findings);
                }
                dialog(page, "K", "#confirm-kill", theme, findings);
                dialog(page, "p", "#policy-text", theme, findings);
                dialog(page, "?", "#key-help", theme, findings);
                page.navigate(stack.base + "/alerts");
                assertThat(page.locator("#cause h2")).isVisible();
                page.evaluate(axe());
                dialog(page, "v", "#verdict", theme, findings);
                dialog(page, "s", "#suppression-scope", theme, findings);
                String push = waiting();
                page.navigate(stack.base + "/approvals");
                page.locator("#approval-" + push).click();
                // Whoever has approved a lot before waits a little.
                assertThat(page.locator("#approve")).isEnabled();
                page.evaluate(axe());
                dialog(page, "y", "#typed", theme, findings);
            }
        }
        // A phone, for who answers an agent on the way.
        try (Page page = stack.signedIn("admin")) {
            page.setViewportSize(390, 844);
            for (String theme : List.of("light", "dark")) {
                page.evaluate("theme => localStorage.setItem('soc-theme', theme)", theme);
                // So that they wait still.
                String push = waiting();
                page.navigate(stack.base + "/approvals");
                page.locator("#approval-" + push).click();
                assertThat(page.locator("#approve")).isVisible();
                assertThat((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                        .isTrue();
                page.evaluate("document.querySelector('main').scrollTop = 0; scrollTo(0, 0)");
                ConsoleStack.screenshot(page, theme.equals("dark") ? "phone-approvals" : "light-phone-approvals");
                page.evaluate(axe());
                check(page, "phone " + theme, findings);
            }
        }
        assertThat(findings).isEmpty();
    }

    /** The approval that waits, whatever was decided before. */
    private String waiting() throws IOException, InterruptedException {
        return stack.index.approvals(
                now(),
                stack.log.orders().stream()
                        .map(order -> order.getApprovalDecided().getApproval())
                        .collect(Collectors.toSet()));
    }

    /** Opens it by its key, looks at it, and closes it. */
    private static void dialog(Page page, String key, String content, String theme, List<String> findings) {
        ConsoleStack.key(page, key);
        assertThat(page.locator(content)).isVisible();
        ConsoleStack.screenshot(page, "dialog-" + theme + content.replace("#", "-"));
        check(page, theme + " dialog " + content, findings);
        page.keyboard().press("Escape");
        assertThat(page.locator(content)).hasCount(0);
    }

    private static void check(Page page, String where, List<String> findings) {
        ((List<?>) page.evaluate(RUN)).forEach(finding -> findings.add(where + " " + finding));
    }

    private static String axe() throws IOException {
        try (InputStream script = Objects.requireNonNull(
                AccessibilityIT.class.getResourceAsStream("/axe.min.js"), "axe-core is on the test class path")) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
