package io.plumbline.sandbox.agents;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.ConfigurationFile;
import io.plumbline.events.v1.McpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationFilesTest {
    @TempDir
    Path base;

    @Test
    void listsWhatConfiguresAnAgentAndNothingElse() throws Exception {
        write("w/CLAUDE.md", "be nice");
        write("w/.claude/agents/a.md", "x");
        write("w/src/CLAUDE.md", "not at the top");
        write("w/README.md", "x");
        write("h/.gemini/settings.json", "{}");
        write("h/.gemini/history", "x");

        AgentConfiguration found = scan(Map.of("/etc/codex/requirements.toml", "a = 1"));

        assertThat(found.getFilesList())
                .extracting(ConfigurationFile::getPath)
                .containsExactly(
                        "/etc/codex/requirements.toml",
                        "/workspace/.claude/agents/a.md",
                        "/workspace/CLAUDE.md",
                        "/home/agent/.gemini/settings.json");
        assertThat(found.getFiles(0).getPinned()).isTrue();
        assertThat(found.getFiles(2).getPinned()).isFalse();
        assertThat(found.getFiles(2).getSha256()).isEqualTo(EventIds.sha256Hex("be nice"));
        assertThat(found.getMore()).isFalse();
    }

    @Test
    void followsNoLinks() throws Exception {
        Path secret = write("secret", "key");
        Files.createDirectories(base.resolve("w/.claude"));
        Files.createSymbolicLink(base.resolve("w/CLAUDE.md"), secret);
        Files.createSymbolicLink(base.resolve("w/.claude/out"), base);

        assertThat(scan(Map.of()).getFilesList()).isEmpty();
    }

    @Test
    void readsTheServersOfToolsOfEveryAgent() throws Exception {
        write("w/.mcp.json", "{\"mcpServers\":{\"files\":{\"command\":\"npx\",\"args\":[\"-y\",\"srv\"]}}}");
        write("w/opencode.json", "{\"mcp\":{\"db\":{\"type\":\"local\",\"command\":[\"python3\",\"db.py\"]}}}");
        write(
                "w/.codex/config.toml",
                "[mcp_servers.git]\nargs = [\"serve\", '-q']\ncommand = \"gitd\"\n[other]\ncommand = \"no\"\n");
        write("w/.gemini/settings.json", "not json");

        assertThat(scan(Map.of()).getMcpServersList())
                .extracting(McpServer::getName, McpServer::getArgvList)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("files", List.of("npx", "-y", "srv")),
                        org.assertj.core.groups.Tuple.tuple("db", List.of("python3", "db.py")),
                        org.assertj.core.groups.Tuple.tuple("git", List.of("gitd", "serve", "-q")));
    }

    @Test
    void listsNoMoreThanItsLimitAndSaysSo() throws Exception {
        for (int i = 0; i < ConfigurationFiles.MAX_FILES + 5; i++) {
            write("w/.claude/" + i, "x");
        }

        AgentConfiguration found = scan(Map.of());

        assertThat(found.getFilesCount()).isEqualTo(ConfigurationFiles.MAX_FILES);
        assertThat(found.getMore()).isTrue();
    }

    private AgentConfiguration scan(Map<String, String> managed) throws IOException {
        return ConfigurationFiles.scan(
                "claude-code",
                "2.1.330",
                "start",
                managed,
                Files.createDirectories(base.resolve("w")),
                "/workspace",
                Files.createDirectories(base.resolve("h")));
    }

    private Path write(String name, String text) throws IOException {
        Path file = base.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }
}
