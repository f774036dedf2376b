package io.plumbline.rules.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.Rules;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.hunt.StoredEvents;
import io.plumbline.rules.sigma.LogSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A document is the event that it was made of, but for the fields that are named as not held. */
class StoredEventsTest {
    static List<AgentEventsTest.Row> rows() {
        return AgentEventsTest.rows();
    }

    private static RuleSet rule(LogSource source, String selection) {
        return Rules.load(Rules.selection(selection)
                .replace(
                        "  category: test\n",
                        "  category: " + source.category() + "\n  product: " + source.product() + "\n"));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void whatADocumentDoesNotHaveOfItsEventIsNamed(AgentEventsTest.Row row) {
        SigmaEvent live = AgentEvents.of(row.event(), ActContext.NONE).orElseThrow();
        SigmaEvent stored = StoredEvents.of(EcsDocument.render(row.event())).orElseThrow();
        assertThat(stored.id()).isEqualTo(live.id());
        assertThat(stored.timeNs()).isEqualTo(live.timeNs());
        assertThat(stored.logSources()).containsExactlyElementsOf(live.logSources());
        List<String> missing = new ArrayList<>(live.names());
        missing.removeAll(stored.names());
        for (String name : stored.names()) {
            assertThat(stored.texts(name)).as(name).isEqualTo(live.texts(name));
        }
        for (String name : missing) {
            assertThat(live.logSources()).as(name).anySatisfy(source -> assertThat(
                            StoredEvents.notHeld(rule(source, name + "|exists: true")))
                    .hasSize(1));
        }
    }

    @Test
    void aCorrelationAsksForItsGroupsAndForWhatItsRulesAskFor() {
        LogSource process = new LogSource("process_creation", "linux", "");
        assertThat(StoredEvents.notHeld(rule(process, "Image: /bin/nc\nCommandLine: x\nUser: root")))
                .isEmpty();
        assertThat(StoredEvents.notHeld(rule(process, "Image: /bin/nc\nParentImage: /bin/sh"))
                        .values())
                .singleElement()
                .asString()
                .isEqualTo("[ParentImage]");
        assertThat(StoredEvents.notHeld(rule(process, "CommandLine|fieldref: ParentCommandLine")))
                .hasSize(1);
        LogSource egress = new LogSource("egress", "agent", "");
        assertThat(StoredEvents.notHeld(rule(egress, "Verdict: requested")).values())
                .singleElement()
                .asString()
                .isEqualTo("[Verdict (service or requested)]");
        assertThat(StoredEvents.notHeld(rule(egress, "Verdict: denied"))).isEmpty();
        String named = Rules.selection("Image: /bin/nc")
                .replace("  category: test\n", "  category: process_creation\n  product: linux\n");
        String grouped = """
                title: many
                id: 5f0e3f0e-3d0b-4a3b-9b0a-0d0f2f0e3d0c
                correlation:
                  type: event_count
                  rules: [RULE]
                  group-by: [GROUP]
                  timespan: 1m
                  condition: {gte: 2}
                """;
        String id = Rules.load(named).detections().getFirst().metadata().id();
        String own = named + "---\n" + grouped.replace("RULE", id);
        assertThat(StoredEvents.notHeld(Rules.load(own.replace("GROUP", "User"))))
                .isEmpty();
        assertThat(StoredEvents.notHeld(Rules.load(own.replace("GROUP", "Role"))))
                .hasSize(1);
    }
}
