package io.plumbline.rules.hunt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.FieldNames;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.workbench.Taxonomy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EcsNamesTest {
    private static RuleSet load(String head, String detection) {
        return RuleSet.load(List.of(new RuleSource("r.yml", """
                        title: t
                        id: 5b3b6c3e-0d0c-4a55-9a0e-0f4f3d0c0001
                        taxonomy: ecs
                        %s
                        level: low
                        detection: {s: {%s}, condition: s}
                        """.formatted(head, detection))), Placeholders.NONE);
    }

    private static final String PROCESSES = "logsource: {product: linux, category: process_creation}";

    @Test
    void aRuleWithNamesOfEcsIsTheRuleWithSigmas() {
        SigmaDocument.Detection ecs = load(PROCESSES, "process.executable|endswith: /nc, process.args|contains: '-e'")
                .detections()
                .getFirst();
        SigmaDocument.Detection sigma = RuleSet.load(List.of(new RuleSource("r.yml", """
                                title: t
                                id: 5b3b6c3e-0d0c-4a55-9a0e-0f4f3d0c0001
                                logsource: {product: linux, category: process_creation}
                                level: low
                                detection: {s: {Image|endswith: /nc, Arguments|contains: '-e'}, condition: s}
                                """)), Placeholders.NONE)
                .detections()
                .getFirst();
        assertThat(ecs.expression()).isEqualTo(sigma.expression());
    }

    @Test
    void aNameThatTheLogSourceDoesNotHaveIsRefusedAtItsPlace() {
        assertThatThrownBy(() -> load(PROCESSES, "event.outcome: success"))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("r.yml:6")
                .hasMessageContaining("'event.outcome'")
                .hasMessageContaining("process.executable");
        assertThatThrownBy(() -> load(PROCESSES, "process.executable|fieldref: file.path"))
                .hasMessageContaining("'file.path'");
        assertThatThrownBy(() -> load(PROCESSES, "Image: x")).hasMessageContaining("'Image'");
    }

    /** The specification's own rule, filter and correlation in these names: their log source is none that Plumbline feeds. */
    @Test
    void theSpecificationsExamplesInTheseNamesAreRefusedByName() {
        assertThatThrownBy(() -> load("logsource: {category: network, service: dns}", "dns.question.name: a"))
                .isInstanceOf(RuleException.class)
                .hasMessageContaining("'dns.question.name' of taxonomy ecs for category=network service=dns");
        assertThatThrownBy(() -> RuleSet.load(List.of(new RuleSource("r.yml", """
                        title: f
                        taxonomy: ecs
                        logsource: {category: network, service: dns}
                        filter: {rules: any, s: {dns.question.name|startswith: a}, condition: s}
                        """)), Placeholders.NONE))
                .hasMessageContaining("'dns.question.name' of taxonomy ecs for category=network service=dns");
        assertThatThrownBy(() -> RuleSet.load(List.of(new RuleSource("r.yml", """
                        title: c
                        taxonomy: ecs
                        correlation: {type: event_count, rules: [a], group-by: [dns.question.name], timespan: 1h, condition: {gte: 9}}
                        """)), Placeholders.NONE))
                .hasMessageContaining("taxonomy 'ecs' in a correlation (expected: sigma");
    }

    @Test
    void aCorrelationHasSigmasNames() {
        assertThatThrownBy(() -> RuleSet.load(List.of(new RuleSource("c.yml", """
                                title: t
                                taxonomy: ecs
                                correlation: {type: event_count, rules: [x], timespan: 1m, condition: {gte: 2}}
                                """)), Placeholders.NONE))
                .hasMessageContaining("c.yml:2")
                .hasMessageContaining("in a correlation");
    }

    @Test
    void namesAreThoseOfTheDocumentsInTheIndex() {
        for (Map.Entry<LogSource, StoredFields> stored : StoredFields.ALL.entrySet()) {
            Map<String, String> names = FieldNames.ecs(stored.getKey());
            stored.getValue().fields().forEach((name, kept) -> {
                Optional<String> field = plain(kept);
                if (field.isPresent() && names.containsKey(field.get())) {
                    assertThat(names.get(field.get()))
                            .as(stored.getKey() + " " + field.get())
                            .isEqualTo(name);
                }
            });
        }
    }

    private static Optional<String> plain(StoredFields.Stored kept) {
        return switch (kept) {
            case StoredFields.Stored.Text text -> Optional.of(text.field());
            case StoredFields.Stored.Unasked unasked -> Optional.of(unasked.field());
            default -> Optional.empty();
        };
    }

    @Test
    void everyNameStandsForAFieldOfTheLogSource() {
        for (LogSource source : StoredFields.ALL.keySet()) {
            assertThat(FieldNames.ecs(source)).isNotEmpty();
            FieldNames.ecs(source).forEach((written, name) -> assertThat(
                            Taxonomy.fields(source).orElseThrow())
                    .as(source + " " + written)
                    .contains(name));
        }
    }
}
