package io.plumbline.rules.sigma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlaceholdersTest {
    @Test
    void areTheVariablesOfAPipeline() {
        Placeholders placeholders = Placeholders.read(
                "p.yml", "name: ours\npriority: 10\nvars:\n  Admins: [ann, 'adm_*']\n  Server: srv01\n");
        assertThat(placeholders.values())
                .containsEntry("Admins", List.of("ann", "adm_*"))
                .containsEntry("Server", List.of("srv01"));
    }

    @Test
    void refuseWhatAPipelineWouldDoBesides() {
        assertThatThrownBy(() -> Placeholders.read("p.yml", "transformations: []\n"))
                .hasMessage(
                        "p.yml:1:1: UNSUPPORTED: pipeline key 'transformations' (expected: name, priority or vars)");
        assertThatThrownBy(() -> Placeholders.read("p.yml", "vars: {a: {b: c}}\n"))
                .hasMessageContaining("a map (expected: text)");
    }
}
