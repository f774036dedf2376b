package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.sigma.LogSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of fields against what events become. */
class TaxonomyTest {
    private static final ActContext KNOWN = new ActContext(
            true, "call", "c", "/bin/x", "x", List.of("/bin/sh -c x"), "/bin/sh", List.of("do x"), "allowed");

    /** An event of each payload with every field set. */
    private static Event full(FieldDescriptor payload) {
        Event.Builder event = Event.newBuilder()
                .setId("e")
                .setSession("s")
                .setTenant("t")
                .setHost("h")
                .setChannel(Channel.EVIDENCE)
                .addTruncated("x");
        event.setField(payload, fill(event.newBuilderForField(payload), 0).build());
        return event.build();
    }

    private static com.google.protobuf.Message.Builder fill(com.google.protobuf.Message.Builder builder, int depth) {
        for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
            Object value =
                    switch (field.getJavaType()) {
                        case INT -> 1;
                        case LONG -> 1L;
                        case FLOAT -> 1F;
                        case DOUBLE -> 1D;
                        case BOOLEAN -> true;
                        case STRING -> field.getName().equals("operation") ? "rename" : "x";
                        case BYTE_STRING -> com.google.protobuf.ByteString.copyFromUtf8("x");
                        case ENUM -> field.getEnumType().getValues().getLast();
                        case MESSAGE ->
                            depth > 3
                                    ? null
                                    : fill(builder.newBuilderForField(field), depth + 1)
                                            .build();
                    };
            if (value != null && !field.isMapField()) {
                if (field.isRepeated()) {
                    builder.addRepeatedField(field, value);
                } else {
                    builder.setField(field, value);
                }
            }
        }
        return builder;
    }

    @Test
    void hasEveryFieldOfEveryEvent() {
        Set<String> seen = new TreeSet<>();
        for (FieldDescriptor payload :
                Event.getDescriptor().getOneofs().getFirst().getFields()) {
            AgentEvents.of(full(payload), KNOWN).ifPresent(event -> {
                for (LogSource source : event.logSources()) {
                    seen.add(source.product() + "/" + source.category());
                    assertThat(Taxonomy.fields(source).orElseThrow())
                            .as(payload.getName() + " as " + source)
                            .containsAll(event.names());
                }
            });
        }
        assertThat(Taxonomy.names()).containsAll(seen);
        assertThat(seen).hasSizeGreaterThan(12);
    }

    /** A value that lint does not know is one that nobody can ask for without a warning. */
    @Test
    void hasEveryVerdictOfAConnection() {
        ActContext service =
                new ActContext(true, "call", "c", "/bin/x", "x", List.of(), "/bin/sh", List.of(), ActContext.SERVICE);
        Event requested = Event.newBuilder()
                .setEgressRequested(
                        EgressRequested.newBuilder().setHost("x.example").setPort(443))
                .build();
        Event denied = Event.newBuilder()
                .setEgressDecided(
                        EgressDecided.newBuilder().setHost("x.example").setPort(443))
                .build();
        Event allowed = Event.newBuilder()
                .setEgressDecided(EgressDecided.newBuilder()
                        .setHost("x.example")
                        .setPort(443)
                        .setAllowed(true))
                .build();
        assertThat(List.of(
                        verdict(requested, service),
                        verdict(requested, KNOWN),
                        verdict(allowed, KNOWN),
                        verdict(denied, KNOWN)))
                .containsExactlyInAnyOrderElementsOf(Taxonomy.values("Verdict"));
    }

    private static String verdict(Event event, ActContext context) {
        return AgentEvents.of(event, context).orElseThrow().texts("Verdict").getFirst();
    }

    @Test
    void theDocumentNamesEveryLogSource() throws IOException {
        String page = Files.readString(Path.of("../docs/sigma.md"));
        assertThat(Taxonomy.names()).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
    }

    private static final Pattern FIELD = Pattern.compile("`([A-Z][A-Za-z0-9]*)`");
    private static final Pattern SOURCE = Pattern.compile("`((?:linux|agent)/[a-z_]+)`");

    /** What a connection that is asked for belongs to: its fields stand in three rows. */
    private static final Set<String> ASKED_FOR = Set.of("linux/network_connection", "linux/dns_query", "agent/egress");

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult result) -> result.group(1))
                .collect(Collectors.toSet());
    }

    @Test
    void theRowsOfTheDocumentAreTheTable() throws IOException {
        String page = Files.readString(Path.of("../docs/sigma.md"));
        int table = page.indexOf("| log source | fields | from |");
        Set<String> everywhere = found(FIELD, page.substring(page.indexOf("Every event: "), table));
        Map<String, Set<String>> rows = new LinkedHashMap<>();
        Set<String> askedFor = new HashSet<>();
        for (String line : page.substring(table).lines().toList()) {
            if (!line.startsWith("| `linux/") && !line.startsWith("| `agent/")) {
                continue;
            }
            String[] cells = line.split("\\|");
            Set<String> named = cells[2].startsWith(" the same")
                    ? rows.getOrDefault("linux/file_event", Set.of())
                    : found(FIELD, cells[2]);
            for (String source : found(SOURCE, cells[1])) {
                rows.put(source, named);
                if (ASKED_FOR.contains(source)) {
                    askedFor.addAll(named);
                }
            }
        }
        assertThat(rows.keySet()).isEqualTo(Taxonomy.names());
        rows.forEach((name, named) -> {
            int slash = name.indexOf('/');
            Set<String> fields = Taxonomy.fields(new LogSource(name.substring(slash + 1), name.substring(0, slash), ""))
                    .orElseThrow();
            Set<String> written = new HashSet<>(everywhere);
            written.addAll(ASKED_FOR.contains(name) ? askedFor : named);
            assertThat(fields).as(name).containsAll(named);
            assertThat(written).as(name).containsAll(fields);
        });
    }
}
