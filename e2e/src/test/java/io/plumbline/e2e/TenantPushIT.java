package io.plumbline.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.WebSocketFrame;
import io.plumbline.console.browser.Chromium;
import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.standalone.Secrets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Two tenants, each with a console of its own, on one log and one search copy. */
class TenantPushIT {
    private static final Duration LIMIT = Duration.ofSeconds(120);

    /** One person's browser, and everything that its console has sent to it. */
    private static final class Watching implements AutoCloseable {
        private final Page page;
        private final List<String> frames = new ArrayList<>();
        private final List<Response> responses = new ArrayList<>();

        Watching(Chromium chromium, String console, String password) {
            page = chromium.open(LIMIT);
            page.onWebSocket(socket -> socket.onFrameReceived(frame -> frames.add(text(frame))));
            Chromium.signIn(page, console, "admin", password);
            page.navigate(console + "/alerts");
            assertThat(page.locator("#queue-summary")).containsText("0 causes");
            // The bodies of what a page has left are gone; from here on it stays.
            page.onResponse(responses::add);
        }

        private static String text(WebSocketFrame frame) {
            String text = frame.text();
            return text == null ? "" : text;
        }

        void shows(String title) {
            assertThat(page.locator("#cause h2")).hasText(title);
        }

        /** Which wait to be shown. */
        void hasNew(int causes) {
            assertThat(page.locator("#new-rows")).hasText(causes + " new");
        }

        /** Pushed frames, and what was answered to requests. */
        List<String> received() {
            List<String> all = new ArrayList<>(frames);
            responses.stream()
                    .filter(response ->
                            response.status() == 200 && response.url().contains("v-r=uidl"))
                    .forEach(response -> all.add(response.text()));
            return all;
        }

        @Override
        public void close() {
            page.context().close();
        }
    }

    @Test
    void anAlertIsPushedToItsTenantAlone() throws Exception {
        setDefaultAssertionTimeout(LIMIT.toMillis());
        try (Platform platform = Platform.start()) {
            String password = Secrets.read(new Secrets(platform.layout()).adminPassword());
            String other = platform.console(
                    "other",
                    "--plumbline.tenant=other",
                    "--plumbline.people-file=" + platform.layout().home().resolve("other-people.json"));
            try (KafkaProducer<String, byte[]> log = platform.producer();
                    Chromium chromium = Chromium.start();
                    Watching ours = new Watching(chromium, platform.state().endpoint("console"), password);
                    Watching theirs = new Watching(chromium, other, password)) {
                raise(log, "default", "only-for-us");
                ours.shows("only-for-us");
                // The later one has arrived: the earlier one would have.
                raise(log, "other", "only-for-them");
                theirs.shows("only-for-them");
                raise(log, "default", "for-us-again");
                raise(log, "other", "last-for-them");
                raise(log, "default", "last-for-us");
                theirs.hasNew(1);
                ours.hasNew(2);

                assertThat(ours.frames).as("pushed").anyMatch(frame -> frame.contains("only-for-us"));
                assertThat(theirs.frames).as("pushed").anyMatch(frame -> frame.contains("only-for-them"));
                assertThat(ours.received())
                        .noneMatch(sent -> sent.contains("only-for-them") || sent.contains("last-for-them"));
                assertThat(theirs.received())
                        .noneMatch(sent -> sent.contains("only-for-us") || sent.contains("for-us-again"));
                assertThat(chromium.failures()).isEmpty();
            }
        }
    }

    /** All of them in one partition: who has a later one has read those before it. */
    private static void raise(KafkaProducer<String, byte[]> log, String tenant, String title) throws Exception {
        long now = System.currentTimeMillis() * 1_000_000L;
        Event alert = EventIds.withId(Event.newBuilder()
                .setTenant(tenant)
                .setSession(EventIds.derived("tenant-push", title))
                .setHost("host-9")
                .setChannel(Channel.VERDICTS)
                .setEventTimeNs(now)
                .setObservedTimeNs(now)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(DeviationKind.RULE)
                        .setSeverity(Severity.HIGH)
                        .setTitle(title)
                        .setClause("rule x")
                        .setDeviation(EventIds.derived("tenant-push", tenant, title))
                        .setRisk(40)));
        log.send(new ProducerRecord<>(Topics.VERDICTS, 0, Topics.key(alert), alert.toByteArray()))
                .get();
    }
}
