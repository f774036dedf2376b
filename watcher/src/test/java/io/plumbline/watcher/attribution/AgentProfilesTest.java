package io.plumbline.watcher.attribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentProfilesTest {
    @ParameterizedTest
    @CsvSource({
        "claude-code,2.1.330,''",
        "claude-code,2.2.0,profile of 2.1.330 used for 2.2.0",
        "claude-code,2.1.9,profile of 2.1.330 used for 2.1.9",
        "codex,'',''",
        "unheard-of,1.0,''"
    })
    void takesTheNearestOlderProfileAndSaysSo(String agent, String version, String note) {
        assertThat(AgentProfiles.of(agent, version).note().orElse("")).isEqualTo(note);
    }

    @Test
    void knowsEveryAgentWithHooks() {
        for (String agent : List.of("claude-code", "codex", "gemini", "qwen", "opencode", "scripted")) {
            assertThat(AgentProfiles.of(agent, "").profile().announces())
                    .as(agent)
                    .isTrue();
        }
        assertThat(AgentProfiles.of("none", "").profile().announces()).isFalse();
    }

    @Test
    void recognisesHousekeepingByProgramAndTextsInTheirOrder() {
        AgentProfile claude = AgentProfiles.of("claude-code", "2.1.330").profile();

        assertThat(claude.keepsHouseWith("/usr/bin/git", List.of("git", "rev-parse", "HEAD")))
                .isTrue();
        assertThat(claude.keepsHouseWith("/bin/bash", List.of("bash", "-c", "-l", "SNAPSHOT_FILE=/x")))
                .isTrue();
        assertThat(claude.keepsHouseWith("/usr/bin/curl", List.of("curl", "rev-parse")))
                .isFalse();
    }

    @Test
    void takesNothingThatIsAppendedToAnExactShape() {
        AgentProfile gemini = AgentProfiles.of("gemini", "0.61.0").profile();
        AgentProfile qwen = AgentProfiles.of("qwen", "0.15.10").profile();

        assertThat(qwen.keepsHouseWith("/usr/bin/dash", List.of("/bin/sh", "-c", "command -v code")))
                .isTrue();
        assertThat(qwen.keepsHouseWith("/usr/bin/dash", List.of("/bin/sh", "-c", "command -v code;id")))
                .isFalse();

        assertThat(gemini.keepsHouseWith("/usr/bin/dash", List.of("/bin/sh", "-c", "ps -o ppid=,command= -p 12")))
                .isTrue();
        assertThat(gemini.keepsHouseWith("/usr/bin/dash", List.of("/bin/sh", "-c", "ps -o ppid=,command= -p 12; id")))
                .isFalse();
        assertThat(gemini.keepsHouseWith("/usr/bin/dash", List.of("/bin/sh", "-c", "git --version && id")))
                .isFalse();
    }

    @Test
    void ordersVersionsByNumber() {
        assertThat(AgentProfiles.compare("0.9.1", "0.10.0")).isNegative();
        assertThat(AgentProfiles.compare("1.2", "1.2")).isZero();
    }
}
