package io.plumbline.sandbox.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Prompt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
    private static final int SEGMENT = 1 << 20;

    @TempDir
    Path directory;

    @Test
    void givesBackWhatWasAppendedInOrder() {
        try (Spool spool = open(1 << 28)) {
            for (int i = 1; i <= 20_000; i++) {
                assertThat(spool.append(event(i))).isEqualTo(i);
            }
            // The oldest are read from the disk, the newest from memory.
            assertThat(seqs(spool, 1))
                    .hasSize(20_000)
                    .startsWith(1L)
                    .endsWith(20_000L)
                    .isSorted();
            assertThat(seqs(spool, 19_999)).containsExactly(19_999L, 20_000L);
        }
    }

    @Test
    void readsBackWhatAnEarlierLifeWrote() {
        try (Spool spool = open(1 << 28)) {
            for (int i = 1; i <= 10; i++) {
                spool.append(event(i));
            }
        }
        List<Event> recovered = new ArrayList<>();
        try (Spool spool = Spool.open(directory, 1 << 28, SEGMENT, recovered::add)) {
            assertThat(recovered).hasSize(10);
            assertThat(spool.append(event(11))).isEqualTo(11);
            assertThat(seqs(spool, 1)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        }
    }

    @Test
    void deletesSegmentsThatAreAcknowledgedAsAWhole() throws IOException {
        try (Spool spool = open(1 << 28)) {
            for (int i = 1; i <= 40; i++) {
                spool.append(large(i));
            }
            assertThat(files()).hasSizeGreaterThan(3);
            List<String> told = new ArrayList<>();
            spool.acknowledge(40, () -> told.add("before"));

            assertThat(told).containsExactly("before");
            assertThat(files()).hasSize(1);
            assertThat(spool.append(large(41))).isEqualTo(41);
            assertThat(seqs(spool, 41)).containsExactly(41L);
        }
    }

    @Test
    void refusesBeyondItsBoundAndTakesAgainWhenThereIsRoom() {
        try (Spool spool = open(2 * SEGMENT)) {
            assertThatThrownBy(() -> {
                        for (int i = 1; i <= 100; i++) {
                            spool.append(large(i));
                        }
                    })
                    .isInstanceOf(SpoolException.class)
                    .hasMessageMatching("spool: \\d+ bytes \\(expected: <= 2097152\\)");
            long last = spool.last();
            spool.acknowledge(last, () -> {});
            assertThat(spool.append(large(1))).isEqualTo(last + 1);
        }
    }

    @Test
    void cutsOffARecordThatWasBeingWrittenWhenTheDaemonDied() throws IOException {
        try (Spool spool = open(1 << 28)) {
            spool.append(event(1));
            spool.append(event(2));
        }
        Path segment = files().getFirst();
        byte[] bytes = Files.readAllBytes(segment);
        Files.write(segment, java.util.Arrays.copyOf(bytes, bytes.length - 3));

        try (Spool spool = open(1 << 28)) {
            assertThat(seqs(spool, 1)).containsExactly(1L);
            assertThat(spool.append(event(3))).isEqualTo(2);
            assertThat(seqs(spool, 1)).containsExactly(1L, 3L);
        }
    }

    @Test
    void leavesOutWhatADamagedFileHasLostAndCountsIt() throws IOException {
        try (Spool spool = open(1 << 28)) {
            for (int i = 1; i <= 20; i++) {
                spool.append(large(i));
            }
        }
        Path first = files().getFirst();
        byte[] bytes = Files.readAllBytes(first);
        bytes[bytes.length / 2] ^= 1;
        Files.write(first, bytes);

        try (Spool spool = open(1 << 28)) {
            List<Long> seqs = seqs(spool, 1);
            assertThat(seqs).isSorted().startsWith(1L).endsWith(20L).hasSizeLessThan(20);
            assertThat(spool.unreadable()).isEqualTo(20 - seqs.size());
        }
    }

    @Test
    void survivesRandomBytesInItsDirectory() throws IOException {
        Files.write(
                directory.resolve("%020d.spool".formatted(1)),
                new byte[] {127, 127, 127, 127, 0, 0, 0, 0, 1},
                StandardOpenOption.CREATE);
        try (Spool spool = open(1 << 28)) {
            assertThat(spool.append(event(1))).isEqualTo(1);
            assertThat(seqs(spool, 1)).containsExactly(1L);
        }
    }

    @Test
    void numbersGoOnAfterARestart() {
        Positions positions = Positions.in(directory);
        assertThat(positions.next("a", Channel.CLAIMS)).isEqualTo(1);
        assertThat(positions.next("a", Channel.CLAIMS)).isEqualTo(2);
        assertThat(positions.next("a", Channel.EVIDENCE)).isEqualTo(1);
        positions.save();

        Positions again = Positions.in(directory);
        assertThat(again.next("a", Channel.CLAIMS)).isEqualTo(3);
        again.seen(Event.newBuilder()
                .setSession("a")
                .setChannel(Channel.EVIDENCE)
                .setSeq(7)
                .build());
        assertThat(again.next("a", Channel.EVIDENCE)).isEqualTo(8);
        again.forget("a");
        assertThat(again.last("a", Channel.CLAIMS)).isZero();
    }

    private Spool open(long bytes) {
        return Spool.open(directory, bytes, SEGMENT, event -> {});
    }

    private static List<Long> seqs(Spool spool, long from) {
        List<Long> seqs = new ArrayList<>();
        List<Spool.Entry> entries = spool.read(from, 100, 1 << 20);
        while (!entries.isEmpty()) {
            entries.forEach(entry -> seqs.add(entry.event().getSeq()));
            entries = spool.read(entries.getLast().index() + 1, 100, 1 << 20);
        }
        return seqs;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".spool"))
                    .sorted()
                    .toList();
        }
    }

    private static Event event(long seq) {
        return Event.newBuilder().setSeq(seq).build();
    }

    private static Event large(long seq) {
        return Event.newBuilder()
                .setSeq(seq)
                .setPrompt(Prompt.newBuilder().setText("x".repeat(100_000)))
                .build();
    }
}
