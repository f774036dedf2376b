package io.plumbline.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.StageTimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictRouterTest {
    private final IngestMetrics metrics = new IngestMetrics(new SimpleMeterRegistry());
    private final VerdictRouter router = new VerdictRouter(3, Duration.ofSeconds(60), metrics);

    private static final class Recorder implements VerdictRouter.Stream {
        final List<String> ids = new ArrayList<>();
        boolean replaced;

        @Override
        public void deliver(PendingVerdict verdict) {
            ids.add(verdict.id());
        }

        @Override
        public void replaced() {
            replaced = true;
        }
    }

    @Test
    void deliversToTheHostThatTheVerdictNames() {
        Recorder here = attach("a");
        Recorder there = attach("b");
        router.accept(order("1", "a", "s", 1));

        assertThat(here.ids).containsExactly("1");
        assertThat(there.ids).isEmpty();
    }

    @Test
    void neverCrossesTenants() {
        Recorder stranger = new Recorder();
        router.attach("other", "a", List.of("s"), stranger);
        router.accept(order("1", "a", "s", 1));
        router.accept(order("2", "", "s", 2));

        assertThat(stranger.ids).isEmpty();
    }

    @Test
    void findsTheHostByTheSessionsThatItClaims() {
        router.accept(order("1", "", "s", 1));
        Recorder host = attach("a");
        assertThat(host.ids).isEmpty();
        router.claim("acme", "a", "s");
        router.accept(order("2", "", "s", 2));

        assertThat(host.ids).containsExactly("1", "2");
    }

    @Test
    void sendsAgainWhatWasNotConfirmedOrdersFirst() {
        Recorder first = attach("a");
        router.accept(notice("n", "a", 1));
        router.accept(order("o", "a", "s", 2));
        router.accept(order("p", "a", "s", 3));
        router.received("acme", "a", List.of("o", "unknown"));
        Recorder second = attach("a");

        assertThat(first.replaced).isTrue();
        assertThat(second.ids).containsExactly("p", "n");
    }

    @Test
    void aFloodOfNoticesPushesOutNoOrder() {
        router.accept(order("freeze", "a", "s", 0));
        for (int i = 1; i <= 10; i++) {
            router.accept(notice("n" + i, "a", i));
        }
        assertThat(attach("a").ids).containsExactly("freeze", "n8", "n9", "n10");
        assertThat(metrics.noticesDropped.count()).isEqualTo(7);
        assertThat(metrics.ordersDropped.count()).isZero();
    }

    @Test
    void commitsNoFurtherThanTheOldestUnconfirmedVerdict() {
        assertThat(router.committable(0, 5)).isEqualTo(5);
        router.accept(order("1", "a", "s", 5));
        router.accept(order("2", "a", "s", 6));
        assertThat(router.committable(0, 7)).isEqualTo(5);
        router.received("acme", "a", List.of("1"));
        assertThat(router.committable(0, 7)).isEqualTo(6);
        router.received("acme", "a", List.of("2"));
        assertThat(router.committable(0, 7)).isEqualTo(7);
        assertThat(router.pending()).isZero();
    }

    @Test
    void givesUpWhatIsTooOld() {
        router.accept(order("1", "a", "s", 1));
        router.accept(order("2", "", "nobody", 2));
        router.expire(Duration.ofSeconds(61).toNanos());

        assertThat(attach("a").ids).isEmpty();
        assertThat(router.pending()).isZero();
        assertThat(metrics.expired.count()).isEqualTo(2);
    }

    @Test
    void keepsNothingForAgentsWithoutAHost() {
        router.accept(order("1", "direct", "s", 1));
        router.accept(order("2", "", "d", 2));
        router.claim("acme", "direct", "d");
        router.accept(order("3", "", "d", 3));

        assertThat(router.pending()).isZero();
    }

    @Test
    void takesARepeatedVerdictOnce() {
        Recorder host = attach("a");
        router.accept(order("1", "a", "s", 1));
        router.accept(order("1", "a", "s", 2));

        assertThat(host.ids).containsExactly("1");
        router.received("acme", "a", List.of("1"));
        assertThat(router.pending()).isZero();
    }

    private Recorder attach(String host) {
        Recorder stream = new Recorder();
        router.attach("acme", host, List.of(), stream);
        return stream;
    }

    private static PendingVerdict order(String id, String host, String session, long offset) {
        return pending(
                Event.newBuilder()
                        .setFreezeOrdered(FreezeOrdered.getDefaultInstance())
                        .setSession(session),
                id,
                host,
                offset);
    }

    private static PendingVerdict notice(String id, String host, long offset) {
        return pending(
                Event.newBuilder()
                        .setAlertRaised(AlertRaised.getDefaultInstance())
                        .setSession("s"),
                id,
                host,
                offset);
    }

    private static PendingVerdict pending(Event.Builder verdict, String id, String host, long offset) {
        return new PendingVerdict(
                verdict.setId(id).setTenant("acme").setHost(host).build(),
                StageTimes.getDefaultInstance(),
                0,
                offset,
                0);
    }
}
