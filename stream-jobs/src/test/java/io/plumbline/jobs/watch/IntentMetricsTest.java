package io.plumbline.jobs.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentScorer;
import io.plumbline.intent.Score;
import io.plumbline.intent.head.ScoreDistribution;
import io.plumbline.watcher.Watcher;
import io.plumbline.watcher.judge.IntentJudge;
import io.plumbline.watcher.judge.Shadow;
import io.plumbline.watcher.state.SessionState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.Test;

/** What the job says of its intent models, in force and beside them. */
class IntentMetricsTest {
    private static final String UNREAD = "cat unread";

    /** Remembers gauges by their groups and their name. */
    private static final class Gauges extends UnregisteredMetricsGroup {
        private final Map<String, Gauge<?>> all;
        private final String prefix;

        Gauges(Map<String, Gauge<?>> all, String prefix) {
            this.all = all;
            this.prefix = prefix;
        }

        @Override
        public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
            all.put(prefix + name, gauge);
            return gauge;
        }

        @Override
        public MetricGroup addGroup(String name) {
            return new Gauges(all, prefix + name + ".");
        }

        @Override
        public MetricGroup addGroup(String key, String value) {
            return new Gauges(all, prefix + key + "." + value + ".");
        }
    }

    private final Map<String, Gauge<?>> gauges = new HashMap<>();

    private Object value(String gauge) {
        return Objects.requireNonNull(gauges.get(gauge), gauge).getValue();
    }

    /** Gives all acts one score, where honest acts had 0.001 at training. */
    private static IntentJudge model(double risk, Score.Band band) {
        ScoreDistribution trained = new ScoreDistribution();
        IntStream.range(0, 1_000).forEach(act -> trained.add(ScoreDistribution.bin(0.001)));
        return new IntentJudge(
                new IntentScorer() {
                    @Override
                    public Score score(Intent intent, Act act) {
                        return act.text().equals(UNREAD)
                                ? new Score.NotScored(Score.Cause.FAILED, "a test")
                                : new Score.Scored(risk, risk, 0, band, List.of(), "test");
                    }

                    @Override
                    public Optional<ScoreDistribution> trainedScores() {
                        return Optional.of(trained);
                    }
                },
                "test");
    }

    private static Event event(Channel channel, long seq, Event.Builder payload) {
        return EventIds.withId(payload.setTenant("default")
                .setHost("host-1")
                .setSession("0123456789abcdef0123456789abcdef")
                .setChannel(channel)
                .setSeq(seq)
                .setEventTimeNs(1_000_000_000L + seq)
                .setObservedTimeNs(1_000_000_000L + seq));
    }

    private static void play(Watcher watcher, List<String> commands) throws PolicyException {
        SessionState state = SessionState.empty();
        watcher.onEvent(
                state,
                event(
                        Channel.CONTROL,
                        1,
                        Event.newBuilder()
                                .setTaskAssigned(TaskAssigned.newBuilder()
                                        .setTask("Tidy up")
                                        .setAgent("claude-code")
                                        .setHome("/home/agent")
                                        .setWorkspace("/workspace")
                                        .setPolicy(PolicyParser.parse("name: t")))));
        for (int i = 0; i < commands.size(); i++) {
            watcher.onEvent(
                    state,
                    event(
                            Channel.CLAIMS,
                            i + 1L,
                            Event.newBuilder()
                                    .setToolCall(ToolCall.newBuilder()
                                            .setCall("c" + i)
                                            .setTool("Bash")
                                            .setCommand(commands.get(i))
                                            .setGated(true))));
        }
    }

    private static List<String> listings(int count) {
        return IntStream.range(0, count).mapToObj(i -> "ls " + i).toList();
    }

    @Test
    void actsWithAndWithoutAScoreAreCountedAndDriftIsSaidOfAHundred() throws PolicyException {
        IntentJudge model = model(0.5, Score.Band.SERVES);
        Watcher watcher = new Watcher(List.of(model));
        new IntentMetrics(() -> Stream.of(model)).register(new Gauges(gauges, ""));

        play(watcher, List.of("ls", UNREAD));
        assertThat(value("intent_scored")).isEqualTo(1L);
        assertThat(value("intent_not_scored")).isEqualTo(1L);
        assertThat(value("intent_drift")).isEqualTo(Double.NaN);

        play(watcher, listings(99));
        assertThat(value("intent_scored")).isEqualTo(100L);
        assertThat((Double) value("intent_drift")).isGreaterThan(0.25);
    }

    @Test
    void agreementAndDriftOfACandidateStandUnderItsOrder() throws PolicyException {
        IntentJudge active = model(0.001, Score.Band.SERVES);
        Shadow shadow = new Shadow("model", "an-order", model(0.5, Score.Band.ASK), Optional.of(active));
        List<LogRecord> told = new ArrayList<>();

        play(new Watcher(List.of(active), shadow), listings(100));
        new ShadowReports(0, new Gauges(gauges, "")).report("default", shadow, new ListCollector<>(told));

        String order = "shadow.order.an-order.";
        assertThat(value(order + "scored")).isEqualTo(100L);
        assertThat((Double) value(order + "risk_difference")).isCloseTo(0.499, within(1e-9));
        assertThat((Double) value(order + "drift")).isGreaterThan(0.25);
        assertThat(value(order + "agreed")).isEqualTo((Long) value(order + "events") - 100);
        assertThat((Double) value(order + "agreement")).isLessThan(0.9);
        assertThat(told).singleElement().satisfies(record -> assertThat(
                        record.parsed().orElseThrow().getShadowCounted().getScored())
                .isEqualTo(100));
    }
}
