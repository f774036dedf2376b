package io.plumbline.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.plumbline.events.InvalidEventException.Code;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EventLimitsTest {
    @Test
    void leavesAnOrdinaryEventAsItIs() {
        Event.Builder event = prompt("list the files – ünïcode 🙂");

        assertThat(EventLimits.bounded(event.clone())).isEqualTo(event.build());
    }

    @Test
    void cutsTextAtACharactersBorderAndNamesTheField() {
        String text = "a" + "🙂".repeat(EventLimits.MAX_TEXT_BYTES);
        Event event = EventLimits.bounded(prompt(text));

        byte[] kept = event.getPrompt().getText().getBytes(StandardCharsets.UTF_8);
        assertThat(kept.length).isBetween(EventLimits.MAX_TEXT_BYTES - 3, EventLimits.MAX_TEXT_BYTES);
        assertThat(text).startsWith(event.getPrompt().getText());
        assertThat(event.getTruncatedList()).containsExactly("text");
    }

    @Test
    void cutsListsAndWhatIsInThem() {
        Plan.Builder plan = Plan.newBuilder();
        for (int i = 0; i < 1000; i++) {
            plan.addItems(PlanItem.newBuilder().setText("x".repeat(i == 0 ? 100_000 : 10)));
        }
        Event event = EventLimits.bounded(Event.newBuilder().setPlan(plan));

        assertThat(event.getPlan().getItemsCount()).isEqualTo(EventLimits.MAX_LIST);
        assertThat(event.getPlan().getItems(0).getText()).hasSize(EventLimits.MAX_PATH_BYTES);
        assertThat(event.getTruncatedList()).containsExactlyInAnyOrder("items", "items.text");
    }

    @Test
    void cutsDeeperWhenTheWholeIsStillTooLarge() {
        Event event = EventLimits.bounded(Event.newBuilder()
                .setProcessStarted(ProcessStarted.newBuilder().addAllArgv(Collections.nCopies(256, "y".repeat(4096)))));

        assertThat(event.getSerializedSize()).isLessThanOrEqualTo(EventLimits.MAX_EVENT_BYTES);
        assertThat(event.getProcessStarted().getArgvCount()).isEqualTo(32);
        assertThat(event.getTruncatedList()).containsExactly("argv");
    }

    @Test
    void dropsUnknownFieldsOnlyWhenNothingElseHelps() {
        Event.Builder small = prompt("p")
                .setUnknownFields(UnknownFieldSet.newBuilder()
                        .addField(
                                4000,
                                UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                        .build());
        Event.Builder large = prompt("p")
                .setUnknownFields(UnknownFieldSet.newBuilder()
                        .addField(
                                4000,
                                UnknownFieldSet.Field.newBuilder()
                                        .addLengthDelimited(ByteString.copyFrom(new byte[1 << 20]))
                                        .build())
                        .build());

        assertThat(EventLimits.bounded(small).getUnknownFields().hasField(4000)).isTrue();
        Event cut = EventLimits.bounded(large);
        assertThat(cut.getSerializedSize()).isLessThan(1000);
        assertThat(cut.getTruncatedList()).contains("unknown_fields");
    }

    @Test
    void replacesLoneSurrogates() throws InvalidProtocolBufferException {
        String text = "a\uD83Db\uDE42";
        String padding = "c".repeat(EventLimits.MAX_NAME_BYTES);
        Event small = EventLimits.bounded(prompt(text));
        Event large = EventLimits.bounded(prompt(text + padding));

        assertThat(Event.parseFrom(small.toByteArray()).getPrompt().getText()).isEqualTo("a?b?");
        assertThat(large.getPrompt().getText()).isEqualTo("a\uFFFDb\uFFFD" + padding);
        assertThat(large.getTruncatedList()).isEmpty();
        assertThat(EventIds.withId(small.toBuilder()).getId())
                .isEqualTo(EventIds.idOf(Event.parseFrom(small.toByteArray())));
    }

    @Test
    void acceptsWhatAHostSends() {
        assertThatCode(() -> EventLimits.validate(complete(prompt("p")))).doesNotThrowAnyException();
        assertThatCode(() -> EventLimits.validate(complete(Event.newBuilder()
                        .setChannel(Channel.EVIDENCE)
                        .setFileOpened(FileOpened.newBuilder()
                                .setPath("/etc/hosts")
                                .setActor(Actor.newBuilder().setName("cat"))))))
                .doesNotThrowAnyException();
    }

    @Test
    void refusesWithCodeValueAndExpectation() {
        assertRefused(complete(prompt("p")).toBuilder().setTenant("").build(), Code.BAD_TENANT);
        assertRefused(complete(prompt("p").setTenant("a/b")), Code.BAD_TENANT);
        assertRefused(complete(prompt("p").setHost("a\nb")), Code.BAD_HOST);
        assertRefused(complete(prompt("p").setSession("S")), Code.BAD_SESSION);
        assertRefused(complete(prompt("p").setEventTimeNs(-1)), Code.BAD_TIME);
        assertRefused(complete(prompt("p").setChannel(Channel.VERDICTS)), Code.BAD_CHANNEL);
        assertRefused(complete(prompt("p").setChannelValue(77)), Code.BAD_CHANNEL);
        assertRefused(complete(prompt("p").setChannel(Channel.EVIDENCE)), Code.PAYLOAD_ON_WRONG_CHANNEL);
        assertRefused(
                complete(Event.newBuilder().setChannel(Channel.CLAIMS).setGateAnswered(GateAnswered.newBuilder())),
                Code.PAYLOAD_ON_WRONG_CHANNEL);
        assertRefused(complete(Event.newBuilder().setChannel(Channel.CLAIMS)), Code.NO_PAYLOAD);
        assertRefused(complete(prompt("x".repeat(EventLimits.MAX_TEXT_BYTES + 1))), Code.TEXT_TOO_LONG);
        assertRefused(complete(prompt("é".repeat(EventLimits.MAX_TEXT_BYTES))), Code.TEXT_TOO_LONG);
        assertRefused(
                complete(Event.newBuilder()
                        .setChannel(Channel.CLAIMS)
                        .setToolCall(ToolCall.newBuilder().addAllPaths(Collections.nCopies(257, "p")))),
                Code.LIST_TOO_LONG);
        assertRefused(
                complete(Event.newBuilder()
                        .setChannel(Channel.CLAIMS)
                        .setRawClaim(RawClaim.newBuilder().setJson("x".repeat(EventLimits.MAX_EVENT_BYTES)))),
                Code.EVENT_TOO_LARGE);
        assertRefused(complete(prompt("p")).toBuilder().setId("0".repeat(32)).build(), Code.WRONG_ID);

        assertThatThrownBy(() -> EventLimits.validate(complete(prompt("p").setSession("S\n"))))
                .hasMessage("BAD_SESSION: session: S? (expected: 32 lower-case hex digits)");
    }

    @FuzzTest
    void whateverComesFitsAfterwards(FuzzedDataProvider data) {
        Event.Builder event = Event.newBuilder().setPlan(Plan.newBuilder().setCall(data.consumeString(2000)));
        for (int i = data.consumeInt(0, 600); i > 0; i--) {
            event.getPlanBuilder().addItems(PlanItem.newBuilder().setText(data.consumeString(10_000)));
        }
        event.setTenant("t").setHost("h").setSession("0".repeat(32)).setChannel(Channel.CLAIMS);
        event.setEventTimeNs(1).setObservedTimeNs(1);
        Event bounded = EventIds.withId(EventLimits.bounded(event).toBuilder());

        assertThatCode(() -> EventLimits.validate(bounded)).doesNotThrowAnyException();
    }

    @FuzzTest
    void anyBytesThatDecodeAreBoundedOrRefusedWithACode(byte[] bytes) {
        Event event;
        try {
            event = Event.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            return;
        }
        try {
            EventLimits.validate(event);
        } catch (InvalidEventException e) {
            assertThat(e.code()).isNotNull();
        }
        assertThat(EventLimits.bounded(event.toBuilder()).getSerializedSize())
                .isLessThanOrEqualTo(EventLimits.MAX_EVENT_BYTES);
    }

    private static void assertRefused(Event event, Code code) {
        assertThatThrownBy(() -> EventLimits.validate(event))
                .isInstanceOfSatisfying(
                        InvalidEventException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static Event.Builder prompt(String text) {
        return Event.newBuilder()
                .setChannel(Channel.CLAIMS)
                .setPrompt(Prompt.newBuilder().setText(text));
    }

    /** Fills in what the test has not set. */
    private static Event complete(Event.Builder event) {
        Event defaults = Event.newBuilder()
                .setTenant("acme")
                .setHost("host-1")
                .setSession("0123456789abcdef0123456789abcdef")
                .setEventTimeNs(1_795_000_000_000_000_000L)
                .setObservedTimeNs(1_795_000_000_000_000_000L)
                .build();
        return EventIds.withId(defaults.toBuilder().mergeFrom(event.build()));
    }

    @ParameterizedTest
    @EnumSource(value = Event.PayloadCase.class, names = "PAYLOAD_NOT_SET", mode = EnumSource.Mode.EXCLUDE)
    void everyPayloadNamesItsChannel(Event.PayloadCase payload) {
        assertThat(EventLimits.channelOf(payload)).isNotEqualTo(Channel.CHANNEL_UNSPECIFIED);
    }

    @ParameterizedTest
    @EnumSource(value = Event.PayloadCase.class, names = "PAYLOAD_NOT_SET", mode = EnumSource.Mode.EXCLUDE)
    void takesEveryPayloadOfAHostOnItsChannelAlone(Event.PayloadCase payload) {
        Channel own = EventLimits.channelOf(payload);
        FieldDescriptor field = Event.getDescriptor().findFieldByNumber(payload.getNumber());
        for (Channel channel : List.of(Channel.CLAIMS, Channel.EVIDENCE, Channel.CONTROL)) {
            Event event = complete(Event.newBuilder()
                    .setChannel(channel)
                    .setField(
                            field, Event.newBuilder().newBuilderForField(field).buildPartial()));
            if (channel == own) {
                assertThatCode(() -> EventLimits.validate(event)).doesNotThrowAnyException();
            } else {
                assertThatThrownBy(() -> EventLimits.validate(event))
                        .isInstanceOfSatisfying(InvalidEventException.class, e -> assertThat(e.code())
                                .isEqualTo(Code.PAYLOAD_ON_WRONG_CHANNEL));
            }
        }
    }
}
