package io.plumbline.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SeqLedgerTest {
    private final List<CompletableFuture<Void>> writes = new ArrayList<>();

    @Test
    void writesEachNumberOnce() {
        SeqLedger ledger = new SeqLedger(100);
        assertThat(offer(ledger, 1).repeated()).isFalse();
        assertThat(offer(ledger, 2).repeated()).isFalse();
        assertThat(offer(ledger, 1).repeated()).isTrue();
        assertThat(offer(ledger, 2).repeated()).isTrue();
        assertThat(offer(ledger, 5).repeated()).isFalse();
        assertThat(writes).hasSize(3);
    }

    @Test
    void confirmsARepeatedEventOnlyWhenItsFirstCopyIsWritten() {
        SeqLedger ledger = new SeqLedger(100);
        offer(ledger, 1);
        SeqLedger.Offer again = offer(ledger, 1);
        assertThat(again.written()).isNotDone();
        writes.getFirst().complete(null);
        assertThat(again.written()).isCompleted();
    }

    @Test
    void takesAgainWhatCouldNotBeWritten() {
        SeqLedger ledger = new SeqLedger(100);
        offer(ledger, 1);
        offer(ledger, 2);
        offer(ledger, 3);
        writes.get(1).completeExceptionally(new IllegalStateException("lost"));
        assertThat(offer(ledger, 2).repeated()).isFalse();
    }

    @Test
    void knowsWhatAnEarlierLifeWrote() {
        SeqLedger ledger = new SeqLedger(100);
        ledger.written(event(7));
        ledger.written(event(3));
        assertThat(offer(ledger, 7).repeated()).isTrue();
        assertThat(offer(ledger, 7).written()).isCompleted();
        assertThat(offer(ledger, 8).repeated()).isFalse();
    }

    @Test
    void letsUnnumberedEventsPass() {
        SeqLedger ledger = new SeqLedger(100);
        assertThat(offer(ledger, 0).repeated()).isFalse();
        assertThat(offer(ledger, 0).repeated()).isFalse();
    }

    @Test
    void staysWithinItsBound() {
        SeqLedger ledger = new SeqLedger(10);
        for (int i = 0; i < 100; i++) {
            ledger.written(event(1).toBuilder().setSession("s" + i).build());
        }
        assertThat(ledger.size()).isEqualTo(10);
    }

    private SeqLedger.Offer offer(SeqLedger ledger, long seq) {
        return ledger.offer(event(seq), () -> {
            CompletableFuture<Void> write = new CompletableFuture<>();
            writes.add(write);
            return write;
        });
    }

    private static Event event(long seq) {
        return Event.newBuilder()
                .setTenant("acme")
                .setSession("s")
                .setChannel(Channel.CLAIMS)
                .setSeq(seq)
                .build();
    }
}
