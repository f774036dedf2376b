package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EvidenceCollected;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class EvidenceCollectionTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RecordingLink link = new RecordingLink();
    private final SessionJournal journal =
            new SessionJournal(link.open("acme", "s", (verdict, stages) -> {}), () -> 7, reason -> {});

    @Test
    void oneKindThatCannotBeHadDoesNotKeepTheOthersFromBeingKept() {
        collect(
                source("processes", () -> {
                    throw new IllegalStateException("the kernel does not answer");
                }),
                source("egress", () -> JSON.createObjectNode().put("decisions", 0)));

        assertThat(collected()).extracting(EvidenceCollected::getKind).containsExactly("processes", "egress");
        assertThat(collected().getFirst().getJson())
                .isEqualTo("{\"unavailable\":true,\"why\":\"the kernel does not answer\"}");
    }

    @Test
    void aLargePieceGoesOutInPartsThatAreWholeDocumentsAndLoseNothing() throws Exception {
        ObjectNode large = JSON.createObjectNode();
        for (int i = 0; i < 3_000; i++) {
            large.withArray("/changed").addObject().put("path", "file-" + i + "x".repeat(100));
        }
        large.put("complete", true);

        collect(source("workspace", () -> large));

        List<EvidenceCollected> parts = collected();
        assertThat(parts).hasSizeGreaterThan(3);
        List<String> paths = new ArrayList<>();
        for (EvidenceCollected part : parts) {
            assertThat(part.getJson().getBytes(StandardCharsets.UTF_8).length)
                    .isLessThanOrEqualTo(EvidenceCollection.PART_BYTES);
            JsonNode read = JSON.readTree(part.getJson());
            read.path("changed").forEach(file -> paths.add(file.path("path").asText()));
            assertThat(part.getParts()).isEqualTo(parts.size());
        }
        assertThat(paths).hasSize(3_000).doesNotHaveDuplicates();
        assertThat(parts.getFirst().getSha256())
                .isEqualTo(EventIds.sha256Hex(
                        parts.stream().map(EvidenceCollected::getJson).collect(Collectors.joining())));
    }

    @Test
    void whatDoesNotFitAtAllIsCounted() throws Exception {
        ObjectNode large = JSON.createObjectNode();
        for (int i = 0; i < EvidenceCollection.MAX_PARTS + 20; i++) {
            large.withArray("/changed").add("x".repeat(EvidenceCollection.PART_BYTES - 1_000));
        }

        collect(source("workspace", () -> large));

        assertThat(collected()).hasSize(EvidenceCollection.MAX_PARTS);
        assertThat(JSON.readTree(collected().getLast().getJson())
                        .path("omitted")
                        .asInt())
                .isGreaterThanOrEqualTo(20);
    }

    private void collect(EvidenceCollection.Source... sources) {
        new EvidenceCollection("s", journal, List.of(sources)).collect("order");
    }

    private List<EvidenceCollected> collected() {
        return link.events.stream().map(Event::getEvidenceCollected).toList();
    }

    private interface Taking {
        JsonNode take() throws Exception;
    }

    private static EvidenceCollection.Source source(String kind, Taking taking) {
        return new EvidenceCollection.Source() {
            @Override
            public String kind() {
                return kind;
            }

            @Override
            public JsonNode take() throws Exception {
                return taking.take();
            }
        };
    }
}
