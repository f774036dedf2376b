package io.plumbline.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ToolCall;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DirectSessionsTest {
    private static final long NOW = 1_795_489_190_000_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private final List<String> begun = new ArrayList<>();
    private final List<String> published = new ArrayList<>();
    private final DirectSessions sessions = new DirectSessions(
            new DirectSessions.Log() {
                @Override
                public Event append(DirectSessions.Key key, Event.Builder claim) {
                    published.add(key.id() + " " + what(claim));
                    return claim.build();
                }

                @Override
                public void begin(DirectSessions.Key key, String agent) {
                    begun.add(key.id() + " " + agent);
                }
            },
            2,
            10_000);

    @Test
    void makesOneActionOfOneCall() {
        sessions.tell(key("a"), "claude", "hook", call("c1", "ls", true), NOW);
        sessions.tell(key("a"), "claude", "otlp", call("c1", "ls", false), NOW + SECOND);
        sessions.tell(key("a"), "claude", "otlp", call("c1", "ls", false), NOW + SECOND);

        assertThat(published).containsExactly("a call c1", "a raw otlp:sighting:c1", "a raw otlp:sighting:c1");
    }

    @Test
    void keepsSessionsApart() {
        sessions.tell(key("a"), "claude", "hook", call("c1", "ls", true), NOW);
        sessions.tell(key("b"), "claude", "hook", call("c1", "ls", true), NOW);

        assertThat(published).containsExactly("a call c1", "b call c1");
        assertThat(begun).containsExactly("a claude", "b claude");
    }

    @Test
    void publishesWhatWaitedInVainForItsHook() {
        sessions.tell(key("a"), "claude", "otlp", call("c1", "ls", false), NOW);
        sessions.publishOverdue(NOW + SECOND);
        assertThat(published).isEmpty();

        sessions.publishOverdue(NOW + 11 * SECOND);
        assertThat(published).containsExactly("a call c1");
        sessions.finish();
        assertThat(published).hasSize(1);
    }

    @Test
    void forgetsTheSessionThatWasSilentLongestAndPublishesWhatWaited() {
        sessions.tell(key("a"), "claude", "otlp", call("c1", "ls", false), NOW);
        sessions.tell(key("b"), "claude", "hook", call("c1", "ls", true), NOW);
        sessions.tell(key("a"), "claude", "otlp", call("c2", "pwd", false), NOW);
        sessions.tell(key("c"), "claude", "hook", call("c1", "ls", true), NOW);
        assertThat(sessions.size()).isEqualTo(2);
        assertThat(published).containsExactly("b call c1", "c call c1");

        sessions.tell(key("d"), "claude", "hook", call("c1", "ls", true), NOW);
        assertThat(published).containsExactly("b call c1", "c call c1", "a call c1", "a call c2", "d call c1");
    }

    @Test
    void forgetsSessionsWhenTheyKeepTooMuch() {
        sessions.tell(key("a"), "claude", "hook", call("c1", "x".repeat(4000), true), NOW);
        sessions.tell(key("b"), "claude", "hook", call("c1", "x".repeat(4000), true), NOW);
        sessions.tell(key("b"), "claude", "hook", call("c2", "x".repeat(4000), true), NOW);
        assertThat(sessions.size()).isEqualTo(2);

        sessions.tell(key("b"), "claude", "hook", call("c3", "ls", true), NOW);
        assertThat(sessions.size()).isEqualTo(1);
    }

    @Test
    void forgetsNoSessionOfAnotherTenant() {
        DirectSessions.Key other = new DirectSessions.Key("other", "x");
        sessions.tell(other, "claude", "hook", call("c1", "ls", true), NOW);
        sessions.tell(other, "claude", "otlp", call("c2", "pwd", false), NOW);
        for (int i = 0; i < 10; i++) {
            sessions.tell(key("many" + i), "claude", "hook", call("c1", "ls", true), NOW);
        }
        for (int i = 0; i < 10; i++) {
            sessions.tell(key("large"), "claude", "hook", call("c" + i, "x".repeat(4000), true), NOW);
        }
        published.clear();

        sessions.tell(other, "claude", "otlp", call("c1", "ls", false), NOW + SECOND);
        sessions.tell(other, "claude", "hook", call("c2", "pwd", true), NOW + SECOND);

        assertThat(published)
                .as("still one action of each call")
                .containsExactly("x raw otlp:sighting:c1", "x call c2");
        assertThat(begun).filteredOn("x claude"::equals).hasSize(1);
    }

    @Test
    void keepsTheRoomOfATenantWhateverOthersKeep() {
        for (int i = 0; i < 5; i++) {
            sessions.tell(key("large"), "claude", "hook", call("c" + i, "x".repeat(4000), true), NOW);
        }
        DirectSessions.Key one = new DirectSessions.Key("other", "x");
        DirectSessions.Key two = new DirectSessions.Key("other", "y");
        sessions.tell(one, "claude", "hook", call("c1", "ls", true), NOW);
        sessions.tell(two, "claude", "hook", call("c1", "ls", true), NOW);
        sessions.tell(one, "claude", "hook", call("c2", "ls", true), NOW);

        assertThat(sessions.size()).isEqualTo(3);
        assertThat(begun).containsExactly("large claude", "x claude", "y claude");
    }

    @Test
    void takesSoManySpansOfEachSession() {
        int taken = 0;
        for (int i = 0; i < 200; i++) {
            taken += sessions.takesSpan(key("a"), NOW) ? 1 : 0;
        }
        assertThat(taken).isEqualTo(50);
        assertThat(sessions.takesSpan(key("b"), NOW)).isTrue();
    }

    private static DirectSessions.Key key(String id) {
        return new DirectSessions.Key("acme", id);
    }

    private static Event.Builder call(String id, String command, boolean gated) {
        return Event.newBuilder()
                .setToolCall(ToolCall.newBuilder()
                        .setCall(id)
                        .setTool("Bash")
                        .setCommand(command)
                        .setSource(gated ? "hook" : "otlp")
                        .setGated(gated));
    }

    private static String what(Event.Builder claim) {
        return claim.hasToolCall()
                ? "call " + claim.getToolCall().getCall()
                : "raw " + claim.getRawClaim().getSource();
    }
}
