package io.plumbline.rules.workbench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.sigma.LogSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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

    @Test
    void theDocumentNamesEveryLogSource() throws IOException {
        String page = Files.readString(Path.of("../docs/sigma.md"));
        assertThat(Taxonomy.names()).allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
    }
}
