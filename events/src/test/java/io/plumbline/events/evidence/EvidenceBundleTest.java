package io.plumbline.events.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.PolicyRevised;
import io.plumbline.events.v1.PolicyStatement;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvidenceBundleTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SigningKey KEY = SigningKey.generate();
    private static final TrustedKeys TRUSTED = new TrustedKeys(List.of(KEY.published()));
    private static final String SESSION = "0123456789abcdef0123456789abcdef";

    @TempDir
    private Path folder;

    @Test
    void aBundleAsItWasWrittenIsIntact() throws Exception {
        Verification verification = verify(bundle(telemetry(5), KEY));
        assertThat(verification.findings()).isEmpty();
        assertThat(verification.notes()).isEmpty();
        assertThat(verification.records()).isEqualTo(9);
        assertThat(verification.session()).isEqualTo(SESSION);
    }

    @Test
    void itHoldsTheRecordsByteByByteAndWhatPeopleReadFirst() throws Exception {
        Map<String, byte[]> parts = unzip(bundle(telemetry(5), KEY));
        String[] lines = text(parts, "log/telemetry.jsonl").split("\n");
        byte[] stored =
                Base64.getDecoder().decode(JSON.readTree(lines[2]).path("event").asText());
        assertThat(stored).isEqualTo(telemetry(5).get(2).toByteArray());
        assertThat(text(parts, "alerts.jsonl")).contains("A program that nobody announced");
        assertThat(text(parts, "decisions.jsonl")).contains("freeze-ordered").contains("bea");
        assertThat(text(parts, "policies.jsonl")).contains("policy_yaml").contains("name: tight");
        assertThat(text(parts, "README.txt")).contains(SESSION);
    }

    @Test
    void oneFlippedByteInAnyPartIsFound() throws Exception {
        Map<String, byte[]> parts = unzip(bundle(telemetry(5), KEY));
        for (String name : parts.keySet()) {
            byte[] whole = parts.getOrDefault(name, new byte[0]);
            for (int at = 0; at < whole.length; at += 1 + whole.length / 17) {
                Map<String, byte[]> flipped = new LinkedHashMap<>(parts);
                byte[] bytes = whole.clone();
                bytes[at] ^= 1;
                flipped.put(name, bytes);
                assertThat(verify(zip(flipped)).isIntact())
                        .as("%s byte %d", name, at)
                        .isFalse();
            }
        }
    }

    @Test
    void oneFlippedByteInTheFileIsToldWithThePartThatItIsIn() throws Exception {
        byte[] bundle = bundle(telemetry(5), KEY);
        bundle[200] ^= 1;
        assertThat(verify(bundle).findings())
                .anyMatch(finding -> finding.startsWith("log/telemetry.jsonl: cannot be read"));
    }

    @Test
    void oneFlippedByteInARecordIsToldByItsNumber() throws Exception {
        Verification verification = verify(changed(bundle(telemetry(5), KEY), "log/telemetry.jsonl", lines -> {
            ObjectNode record = (ObjectNode) JSON.readTree(lines.get(2));
            byte[] stored = Base64.getDecoder().decode(record.path("event").asText());
            stored[stored.length - 1] ^= 1;
            lines.set(
                    2,
                    record.put("event", Base64.getEncoder().encodeToString(stored))
                            .toString());
        }));
        assertThat(verification.findings())
                .contains(
                        "log/telemetry.jsonl record 3: the stored bytes are not those of their SHA-256",
                        "log/telemetry.jsonl record 3: the chain breaks here",
                        "log/telemetry.jsonl record 3: its id is not the hash of its content",
                        "log/telemetry.jsonl: its SHA-256 is not that of the manifest");
    }

    @Test
    void aMissingEventIsToldAsAGap() throws Exception {
        Verification verification =
                verify(changed(bundle(telemetry(5), KEY), "log/telemetry.jsonl", lines -> lines.remove(2)));
        assertThat(verification.findings())
                .contains(
                        "log/telemetry.jsonl record 3: is numbered 4 (expected: 3): a record before it is missing, or"
                                + " they were reordered",
                        "log/telemetry.jsonl: 5 records (expected: 6)",
                        "gap: events evidence 3-3 are missing, and the manifest does not say so");
    }

    @Test
    void theLastEventIsMissedTooSinceAHeartbeatTellsOfIt() throws Exception {
        List<Event> telemetry = new ArrayList<>(telemetry(5));
        telemetry.removeLast();
        telemetry.add(
                evidence(6, event -> event.setHeartbeat(Heartbeat.newBuilder().setLastEvidenceSeq(7))));
        Verification verification = verify(bundle(telemetry, KEY));
        assertThat(verification.findings()).isEmpty();
        assertThat(verification.notes())
                .containsExactly("gap, as the manifest says: events evidence 7-7 were not in the log");
    }

    @Test
    void reorderedRecordsAreFound() throws Exception {
        Verification verification = verify(changed(bundle(telemetry(5), KEY), "log/telemetry.jsonl", lines -> {
            String second = lines.remove(1);
            lines.add(2, second);
        }));
        assertThat(verification.findings())
                .contains("log/telemetry.jsonl record 2: the chain breaks here")
                .anyMatch(finding -> finding.contains("record 3: its offset 1 is not above"));
    }

    @Test
    void aTruncatedFileIsFoundWhereverItEnds() throws Exception {
        byte[] bundle = bundle(telemetry(5), KEY);
        for (int length : new int[] {0, 10, 300, bundle.length / 2, bundle.length - 100, bundle.length - 1}) {
            assertThat(verify(Arrays.copyOf(bundle, length)).findings())
                    .as("%d bytes", length)
                    .isNotEmpty();
        }
    }

    @Test
    void anEntryThatDoesNotBelongIsFoundWhateverItIsCalled() throws Exception {
        for (String name :
                List.of("../../etc/cron.d/x", "/etc/passwd", "log/more.jsonl", "log\\telemetry.jsonl", "a\u202eb")) {
            Map<String, byte[]> parts = unzip(bundle(telemetry(5), KEY));
            parts.put(name, "x".getBytes(StandardCharsets.UTF_8));
            Verification verification = verify(zip(parts));
            assertThat(verification.findings())
                    .as(name)
                    .singleElement()
                    .asString()
                    .endsWith(": no part of a bundle");
        }
    }

    @Test
    void anotherBundleBehindItIsFoundSinceProgramsUnpackThatOne() throws Exception {
        byte[] bundle = bundle(telemetry(5), KEY);
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(bundle);
        both.writeBytes(changed(bundle, "alerts.jsonl", lines -> lines.set(0, "{}")));
        assertThat(verify(both.toByteArray()).findings())
                .containsExactly("alerts.jsonl: the zip's directory points to other bytes");
    }

    @Test
    void aBombIsNotUnpacked() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("README.txt"));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 8; i++) {
                zip.write(zeros);
            }
            zip.closeEntry();
        }
        assertThat(verify(out.toByteArray()).findings()).anyMatch(finding -> finding.contains("a line has more than"));
    }

    @Test
    void anotherManifestNeedsTheKey() throws Exception {
        Map<String, byte[]> parts = unzip(bundle(telemetry(5), KEY));
        ObjectNode manifest = (ObjectNode) JSON.readTree(parts.get("manifest.json"));
        parts.put("manifest.json", JSON.writeValueAsBytes(manifest.put("created_by", "somebody else")));
        assertThat(verify(zip(parts)).findings()).containsExactly("manifest.sig: does not fit the statement");

        byte[] foreign = bundle(telemetry(5), SigningKey.generate());
        assertThat(verify(foreign).findings()).anyMatch(finding -> finding.startsWith("manifest.sig: key "));
        parts.remove("manifest.sig");
        assertThat(verify(zip(parts)).findings())
                .containsExactly("manifest.sig: missing (expected: a signature of a key that was given)");
    }

    @Test
    void withoutAKeyItSaysThatSignaturesWereNotChecked() throws Exception {
        Path file = folder.resolve("bundle.zip");
        Files.write(file, bundle(telemetry(5), KEY));
        assertThat(BundleVerifier.verify(file, TrustedKeys.none()).notes())
                .containsExactly("signatures not checked: no key was given (manifest, 1 policy orders)");
    }

    @Test
    void gapsOfTheLogAreKnownToTheManifest() throws Exception {
        List<Event> telemetry = new ArrayList<>(telemetry(5));
        telemetry.remove(3);
        Verification verification = verify(bundle(telemetry, KEY));
        assertThat(verification.isIntact()).isTrue();
        assertThat(verification.notes())
                .containsExactly("gap, as the manifest says: events evidence 4-4 were not in the log");
    }

    @Test
    void eventsThatComeTwiceOrLateAreNoGap() {
        SequenceGaps gaps = new SequenceGaps();
        for (long seq : new long[] {1, 4, 5, 4, 2, 3, 5}) {
            gaps.add(evidence(
                    seq, event -> event.setFileOpened(FileOpened.newBuilder().setPath("/x"))));
        }
        assertThat(gaps.told()).isEmpty();
    }

    @Test
    void rangesThatLateEventsSplitStayBoundedAndHideNoGap() {
        SequenceGaps gaps = new SequenceGaps();
        gaps.add(evidence(
                10_001, event -> event.setFileOpened(FileOpened.newBuilder().setPath("/x"))));
        for (long seq = 2; seq <= 10_000; seq += 2) {
            gaps.add(evidence(
                    seq, event -> event.setFileOpened(FileOpened.newBuilder().setPath("/x"))));
        }
        assertThat(gaps.told()).hasSize(200).contains("evidence 1-1").last().isEqualTo("evidence 399-9999");
    }

    private static List<Event> telemetry(int files) {
        List<Event> events = new ArrayList<>();
        for (int i = 1; i <= files; i++) {
            String path = "/work/file-" + i;
            events.add(evidence(
                    i, event -> event.setFileOpened(FileOpened.newBuilder().setPath(path))));
        }
        events.add(evidence(
                files + 1, event -> event.setHeartbeat(Heartbeat.newBuilder().setLastEvidenceSeq(files + 1))));
        return events;
    }

    private static Event evidence(long seq, Consumer<Event.Builder> payload) {
        return named(Channel.EVIDENCE, seq, payload);
    }

    private static Event named(Channel channel, long seq, Consumer<Event.Builder> payload) {
        Event.Builder event = Event.newBuilder()
                .setTenant("acme")
                .setSession(SESSION)
                .setHost("host-3")
                .setChannel(channel)
                .setSeq(seq)
                .setEventTimeNs(1_000_000_000L + seq)
                .setObservedTimeNs(1_000_000_000L + seq);
        payload.accept(event);
        return EventIds.withId(event);
    }

    private static byte[] bundle(List<Event> telemetry, SigningKey key) throws Exception {
        Event revision = named(Channel.CONTROL, 0, event -> {
            try {
                event.setPolicyRevised(PolicyRevised.newBuilder()
                        .setRevisedBy("bea")
                        .setSigned(KEY.sign(PolicyStatement.newBuilder()
                                .setTenant("acme")
                                .setSession(SESSION)
                                .setRevision(2)
                                .setPolicyYaml("name: tight\n")
                                .build())));
            } catch (PolicyException e) {
                throw new IllegalStateException(e);
            }
        });
        Map<String, List<Event>> log = Map.of(
                "telemetry", telemetry,
                "control",
                        List.of(
                                named(
                                        Channel.CONTROL,
                                        0,
                                        event -> event.setFreezeOrdered(FreezeOrdered.newBuilder()
                                                .setReason("odd")
                                                .setOrderedBy("bea"))),
                                revision),
                "verdicts",
                        List.of(named(
                                Channel.VERDICTS,
                                0,
                                event -> event.setAlertRaised(
                                        AlertRaised.newBuilder().setTitle("A program that nobody announced")))));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BundleWriter.write(
                new BundleWriter.Context("acme", SESSION, "bea", Instant.parse("2026-01-02T03:04:05Z")),
                (topic, sink) -> {
                    long offset = 0;
                    for (Event event : log.getOrDefault(topic, List.of())) {
                        if (!sink.add(0, offset++, event.toByteArray())) {
                            return;
                        }
                    }
                },
                Optional.of(key),
                out);
        return out.toByteArray();
    }

    private Verification verify(byte[] bundle) throws IOException {
        Path file = folder.resolve("bundle.zip");
        Files.write(file, bundle);
        return BundleVerifier.verify(file, TRUSTED);
    }

    private interface Change {
        void of(List<String> lines) throws IOException;
    }

    /** With the lines of one part changed, and packed again as any zip program would. */
    private static byte[] changed(byte[] bundle, String part, Change change) throws IOException {
        Map<String, byte[]> parts = unzip(bundle);
        List<String> lines = new ArrayList<>(List.of(text(parts, part).split("\n")));
        change.of(lines);
        parts.put(part, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
        return zip(parts);
    }

    private static String text(Map<String, byte[]> parts, String name) {
        return new String(parts.getOrDefault(name, new byte[0]), StandardCharsets.UTF_8);
    }

    private static Map<String, byte[]> unzip(byte[] bundle) throws IOException {
        Map<String, byte[]> parts = new LinkedHashMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bundle))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                parts.put(entry.getName(), zip.readAllBytes());
            }
        }
        return parts;
    }

    private static byte[] zip(Map<String, byte[]> parts) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> part : parts.entrySet()) {
                zip.putNextEntry(new ZipEntry(part.getKey()));
                zip.write(part.getValue());
                zip.closeEntry();
            }
        }
        return out.toByteArray();
    }
}
