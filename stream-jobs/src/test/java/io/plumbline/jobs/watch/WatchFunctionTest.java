package io.plumbline.jobs.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.watcher.activation.ActivationLedger;
import io.plumbline.watcher.activation.Judging;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.state.v1.Activations;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.util.KeyedBroadcastOperatorTestHarness;
import org.apache.flink.streaming.util.ProcessFunctionTestHarnesses;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class WatchFunctionTest {
    private static final CountDownLatch COMPILED = new CountDownLatch(1);
    private static final String RULE = """
            title: A cat
            id: 00000000-0000-4000-8000-000000000001
            logsource: {product: linux, category: process_creation}
            detection: {selection: {Image|endswith: /cat}, condition: selection}
            level: medium
            """;

    /** Nothing judges at first; what is activated takes until somebody opens the latch. */
    private static Judging load(Activations activations) {
        if (activations.getRules().getAcceptedCount() == 0) {
            return new Judging(List.of(), List.of(), List.of(), List.of());
        }
        try {
            COMPILED.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        RuleSet set = RuleSet.load(List.of(new RuleSource("cats.yml", RULE)), Placeholders.NONE);
        return new Judging(List.of(new RulesJudge(set)), List.of(), List.of(), List.of());
    }

    private static LogRecord session(int number) {
        return LogRecord.of(
                EventIds.withId(Event.newBuilder()
                        .setTenant("default")
                        .setSession(String.format("%032x", number))
                        .setChannel(Channel.CONTROL)
                        .setSeq(1)
                        .setEventTimeNs(1)
                        .setTaskAssigned(TaskAssigned.newBuilder().setTask("wait"))),
                StageTimes.getDefaultInstance());
    }

    @Test
    void eventsAreJudgedByTheRulesBeforeWhileTheNextOnesAreCompiled() throws Exception {
        try (KeyedBroadcastOperatorTestHarness<String, LogRecord, LogRecord, LogRecord> watch =
                ProcessFunctionTestHarnesses.forKeyedBroadcastProcessFunction(
                        new WatchFunction(WatchSettings.NONE, WatchFunctionTest::load),
                        LogRecord::key,
                        Types.STRING,
                        WatchFunction.ACTIVE)) {
            Activations.Builder next = Activations.newBuilder().setVersion(ActivationLedger.VERSION);
            next.getRulesBuilder().addAcceptedBuilder();
            watch.processElement(session(1), 0);
            watch.processBroadcastElement(new LogRecord("default/", next.build().toByteArray(), new byte[0]), 0);

            watch.processElement(session(2), 0);
            assertThat(judgedBy(watch)).containsExactly("", "");

            COMPILED.countDown();
            int[] number = {3};
            Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                watch.processElement(session(number[0]++), 0);
                assertThat(judgedBy(watch).getLast()).startsWith("rules ");
            });
        }
    }

    private static List<String> judgedBy(
            KeyedBroadcastOperatorTestHarness<String, LogRecord, LogRecord, LogRecord> watch) {
        return watch.extractOutputValues().stream()
                .flatMap(record -> record.parsed().stream())
                .filter(Event::hasJudged)
                .map(verdict -> verdict.getJudged().getRuleSet())
                .toList();
    }
}
