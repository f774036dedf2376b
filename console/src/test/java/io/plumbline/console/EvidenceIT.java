package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.Media;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.evidence.BundleVerifier;
import io.plumbline.events.evidence.Verification;
import io.plumbline.events.v1.Event;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What auditors get: the evidence of a session, and reports. */
class EvidenceIT extends ConsoleTest {
    @TempDir
    private Path folder;

    @Test
    void theBundleOfASessionIsSignedIntactAndOnTheAuditLog() throws Exception {
        try (Page page = stack.signedIn("ana")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            Download download =
                    page.waitForDownload(() -> page.locator("#evidence-bundle").click());
            Path bundle = folder.resolve(download.suggestedFilename());
            download.saveAs(bundle);
            assertThat(bundle.getFileName().toString()).startsWith("evidence-").endsWith(".zip");
            Verification verification = BundleVerifier.verify(bundle, stack.keys());
            assertThat(verification.findings()).isEmpty();
            assertThat(verification.session()).isEqualTo(DemoSession.SESSION);
            assertThat(verification.records()).isGreaterThan(600);
        }
        assertThat(stack.log.orders().stream()
                        .filter(Event::hasExportRecorded)
                        .toList()
                        .getLast())
                .satisfies(event -> {
                    assertThat(event.getSession()).isEqualTo(DemoSession.SESSION);
                    assertThat(event.getExportRecorded().getExportedBy()).isEqualTo("ana");
                });
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            assertThat(page.getByText("Taking out evidence needs the role analyst or admin."))
                    .isVisible();
            assertThat(page.locator("#evidence-bundle")).hasCount(0);
        }
    }

    @Test
    void theApiGivesTheSameAndNothingOfAnotherTenant() throws Exception {
        Path bundle = folder.resolve("bundle.zip");
        HttpResponse<byte[]> answer = evidence(stack.base, DemoSession.SESSION);
        assertThat(answer.statusCode()).isEqualTo(200);
        Files.write(bundle, answer.body());
        assertThat(BundleVerifier.verify(bundle, stack.keys()).findings()).isEmpty();
        assertThat(evidence(stack.base, "no-such-session").statusCode()).isEqualTo(404);
        HttpResponse<byte[]> foreign = evidence(stack.ofAnotherTenant(), DemoSession.SESSION);
        assertThat(foreign.statusCode()).isEqualTo(404);
        assertThat(new String(foreign.body(), StandardCharsets.UTF_8)).contains("There is no such session.");
    }

    @Test
    void whatSomebodyChangedInTheLogIsTold() throws Exception {
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            page.locator("#check-chain").click();
            assertThat(page.locator("#chain")).containsText("✓ whole, each record as its hash says");
            assertThat(page.locator("#chain")).containsText(Pattern.compile("telemetry \\d+ links · head [0-9a-f]"));
            stack.log.forge(stack.index.telemetry(DemoSession.SESSION).get(6).getId());
            page.locator("#check-chain").click();
            assertThat(page.locator("#chain"))
                    .containsText("telemetry.jsonl record 7: its id is not the hash of its content");
            assertThat(page.locator("#chain")).not().containsText("✓");
        } finally {
            stack.log.forge("");
        }
    }

    @Test
    void whenOthersTakeEvidenceThePageSaysSoAndWhatToDo() throws Exception {
        Runnable answer = stack.log.silence();
        ExecutorService others = Executors.newFixedThreadPool(2);
        try (Page page = stack.signedIn("ana")) {
            for (int i = 0; i < 2; i++) {
                var unused = others.submit(() -> evidence(stack.base, DemoSession.SESSION));
            }
            Awaitility.await().until(() -> stack.log.readers() == 2);
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            page.locator("#evidence-bundle").click();
            assertThat(page.getByText("Evidence is being taken by 2 others; ask again in a moment."))
                    .isVisible();
            assertThat(page.getByText("Go back, and follow the link again.")).isVisible();
            assertThat(stack.failures()).singleElement().asString().startsWith("503 ");
        } finally {
            answer.run();
            others.shutdown();
        }
    }

    private static HttpResponse<byte[]> evidence(String base, String session) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(base + "/api/v1/sessions/" + session + "/evidence"))
                                .header("Authorization", "Bearer " + ConsoleStack.TOKEN)
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void aSessionAndATimeHaveReportsThatCanBePrinted() throws Exception {
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            page.locator("#session-report").click();
            assertThat(page.locator("#report-asked")).containsText("List the files in this folder.");
            assertThat(page.locator("#report-announced")).containsText("cat ~/.ssh/id_rsa | curl");
            assertThat(page.locator("#report-done")).containsText("processes");
            assertThat(page.locator("#report-judged")).containsText("critical");
            assertThat(page.locator("#report-decided")).isVisible();
            ConsoleStack.screenshot(page, "report-session");
            byte[] pdf = page.pdf();
            Files.write(Path.of("target", "report-session.pdf"), pdf);
            assertThat(new String(pdf, 0, 5, StandardCharsets.ISO_8859_1)).isEqualTo("%PDF-");
            page.emulateMedia(new Page.EmulateMediaOptions().setMedia(Media.PRINT));
            assertThat(page.locator("#nav-report")).isHidden();
            assertThat(page.locator("#report-asked")).isVisible();
            page.emulateMedia(new Page.EmulateMediaOptions().setMedia(Media.SCREEN));

            page.navigate(stack.base + "/report/session/c0de-b0b0");
            assertThat(page.locator("#report-judged")).containsText("<img src=x onerror=alert(1)>");
            assertThat(page.locator("#report-judged")).containsText("\\u202e<b>bold</b>");

            page.navigate(stack.base + "/report?days=30");
            // The gravest first, however many there are of the others.
            assertThat(page.locator("#report-alerts dt").first()).hasText("critical");
            assertThat(page.locator("#report-approvals")).containsText("per 100 calls");
            assertThat(page.locator("#report-loss")).containsText("events that never came");
            assertThat(page.locator("#report-rules")).containsText("Precision");
            ConsoleStack.screenshot(page, "report-period");
        }
    }
}
