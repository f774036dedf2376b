package io.plumbline.events.ecs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.IntentScore;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.ToolCall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EcsDocumentTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final long TIME_NS = 1_795_517_172_452_975_123L;
    private static final Actor CAT = Actor.newBuilder()
            .setProcess(ProcessRef.newBuilder().setThreadGroup(35).setStartTimeNs(TIME_NS - 1_000))
            .setThread(35)
            .setName("cat")
            .setCwd("/home/dev/project")
            .setUid(1000)
            .build();

    record Golden(String name, Event event) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Golden> goldens() {
        return Stream.of(
                new Golden(
                        "process-started",
                        evidence(7)
                                .setProcessStarted(ProcessStarted.newBuilder()
                                        .setActor(CAT)
                                        .setBinary("/usr/bin/cat")
                                        .addArgv("cat")
                                        .addArgv("/home/dev/.ssh/id_rsa")
                                        .setSha256("ab".repeat(32)))
                                .build()),
                new Golden(
                        "file-opened",
                        evidence(8)
                                .setFileOpened(FileOpened.newBuilder()
                                        .setActor(CAT)
                                        .setPath("/home/dev/.ssh/id_rsa")
                                        .setError(13))
                                .build()),
                new Golden(
                        "egress-requested",
                        evidence(9)
                                .setEgressRequested(EgressRequested.newBuilder()
                                        .setConnection(3)
                                        .setHost("collector.example")
                                        .setPort(443)
                                        .setMethod("CONNECT")
                                        .setHeld(true))
                                .build()),
                new Golden(
                        "tool-call",
                        evidence(2)
                                .setChannel(Channel.CLAIMS)
                                .setToolCall(ToolCall.newBuilder()
                                        .setCall("toolu_t2_c0")
                                        .setTool("Bash")
                                        .setArgumentsJson("{\"command\":\"cat ~/.ssh/id_rsa\"}")
                                        .setCommand("cat ~/.ssh/id_rsa")
                                        .setStatedReason("Tidying up \u202e<b>")
                                        .setSource("hook")
                                        .setGated(true))
                                .build()),
                new Golden(
                        "alert-raised",
                        evidence(0)
                                .setChannel(Channel.VERDICTS)
                                .clearHost()
                                .setAlertRaised(AlertRaised.newBuilder()
                                        .setKind(DeviationKind.OUT_OF_POLICY)
                                        .setSeverity(Severity.HIGH)
                                        .setTitle("File outside the task's scope")
                                        .setSaid("List the files in this folder.")
                                        .setSeen("cat (35) opened /home/dev/.ssh/id_rsa")
                                        .setWhy("files.deny names ~/.ssh/**")
                                        .setClause("files.deny[0]")
                                        .setCall("toolu_t2_c0")
                                        .addEvidence("0123456789abcdef0123456789abcdef")
                                        .setRiskAdded(45)
                                        .setRisk(76))
                                .build()),
                new Golden(
                        "runtime-state",
                        evidence(10)
                                .setRuntimeState(RuntimeState.newBuilder()
                                        .setState(RuntimeState.State.FROZEN)
                                        .setOrder("fedcba9876543210fedcba9876543210")
                                        .setRuntime("runsc systrap")
                                        .setMechanism("control-socket")
                                        .setStages(StageTimes.newBuilder()
                                                .setKernelNs(TIME_NS)
                                                .setDoneNs(TIME_NS + 4_000_000)))
                                .build()));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void rendersTheGoldenDocument(Golden golden) throws IOException {
        String file = golden.name + ".json";
        String rendered = JSON.writeValueAsString(EcsDocument.render(golden.event)) + "\n";
        try (InputStream in = EcsDocumentTest.class.getResourceAsStream(file)) {
            assertThat(in).as("golden file %s; rendered:%n%s", file, rendered).isNotNull();
            assertThat(rendered).isEqualTo(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    static List<FieldDescriptor> payloads() {
        return Event.getDescriptor().getOneofs().get(0).getFields();
    }

    @ParameterizedTest
    @MethodSource("payloads")
    void rendersEveryPayloadOfTheContractWithEveryFieldSet(FieldDescriptor payload) throws JsonProcessingException {
        Event.Builder event = evidence(1);
        event.setField(payload, filled(event.newBuilderForField(payload), 0));

        ObjectNode document = EcsDocument.render(EventIds.withId(event));

        assertThat(document.at("/event/action").asText())
                .isEqualTo(payload.getName().replace('_', '-'));
        assertThat(document.at("/event/kind").asText()).isNotEmpty();
        assertThat(document.at("/event/category").isArray()).isTrue();
        assertThat(document.at("/event/type").isArray()).isTrue();
        String text = JSON.writeValueAsString(document);
        for (FieldDescriptor field : payload.getMessageType().getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
                assertThat(text)
                        .as("field %s of %s", field.getName(), payload.getName())
                        .contains("v_" + field.getName());
            }
        }
    }

    @Test
    void writesTheModelsScoreAndTheOneThatIsBlindToTheAgentsWords() {
        ObjectNode score = EcsDocument.intent(
                IntentScore.newBuilder().setModel(0.9).setBlind(0.4).build());

        assertThat(score.path("model").asDouble()).isEqualTo(0.9);
        assertThat(score.path("blind").asDouble()).isEqualTo(0.4);
    }

    @Test
    void leavesOutWhatIsEmpty() {
        ObjectNode document =
                EcsDocument.render(Event.newBuilder().setTenant("acme").build());

        assertThat(document.has("host")).isFalse();
        assertThat(emptyObjects(document)).isZero();
        assertThat(document.at("/event/action").asText()).isEqualTo("payload-not-set");
    }

    @Test
    void writesTimesBeforeTheEpochAndBeyondMilliseconds() {
        assertThat(EcsDocument.timestamp(-1)).isEqualTo("1969-12-31T23:59:59.999999999Z");
        assertThat(EcsDocument.timestamp(TIME_NS)).isEqualTo("2026-11-24T10:46:12.452975123Z");
    }

    private static long emptyObjects(JsonNode node) {
        long own = node.isObject() && node.isEmpty() ? 1 : 0;
        return own + node.valueStream().mapToLong(EcsDocumentTest::emptyObjects).sum();
    }

    private static Message filled(Message.Builder message, int depth) {
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && depth > 8) {
                continue;
            }
            Object value =
                    switch (field.getJavaType()) {
                        case STRING -> "v_" + field.getName();
                        case INT -> 3;
                        case LONG -> 3L;
                        case BOOLEAN -> true;
                        case ENUM -> field.getEnumType().getValues().get(1);
                        case MESSAGE -> filled(message.newBuilderForField(field), depth + 1);
                        case BYTE_STRING -> ByteString.copyFromUtf8("v_" + field.getName());
                        case DOUBLE -> 0.5;
                        case FLOAT -> throw new AssertionError(field.getFullName());
                    };
            if (field.isRepeated()) {
                message.addRepeatedField(field, value);
            } else {
                message.setField(field, value);
            }
        }
        return message.build();
    }

    private static Event.Builder evidence(long seq) {
        return Event.newBuilder()
                .setId("0f".repeat(16))
                .setTenant("acme")
                .setHost("host-3")
                .setSession("3f5d78b1-d611")
                .setChannel(Channel.EVIDENCE)
                .setSeq(seq)
                .setEventTimeNs(TIME_NS)
                .setObservedTimeNs(TIME_NS + 90_000);
    }
}
