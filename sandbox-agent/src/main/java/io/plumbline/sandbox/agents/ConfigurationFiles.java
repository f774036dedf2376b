package io.plumbline.sandbox.agents;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.EventIds;
import io.plumbline.events.agents.ConfigurationPaths;
import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.ConfigurationFile;
import io.plumbline.events.v1.McpServer;
import io.plumbline.sandbox.posix.BeneathFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The files by which an agent is configured, as a session sees them: what the host has put in place, which the session cannot
 * change, and what lies in the workspace and in the home folder, which it can. The workload writes there: links are not
 * followed, only regular files are opened, and everything is bounded.
 */
public final class ConfigurationFiles {
    /** As many as an event may list. */
    static final int MAX_FILES = 250;

    private static final int MAX_BYTES = 4 << 20;
    private static final int MAX_DEPTH = 6;
    private static final int MAX_ENTRIES = 4096;
    private static final int MAX_SERVERS = 64;

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(64)
                    .maxDocumentLength(MAX_BYTES)
                    .build())
            .build());

    // Enough of TOML for Codex's table of servers.
    private static final Pattern TABLE = Pattern.compile("\\[mcp_servers\\.\"?([A-Za-z0-9_-]{1,64})\"?]\\s*");
    private static final Pattern COMMAND = Pattern.compile("command\\s*=\\s*[\"']([^\"']{1,4000})[\"']\\s*");
    private static final Pattern ARGUMENTS = Pattern.compile("args\\s*=\\s*\\[(.{0,4000})]\\s*");
    private static final Pattern ARGUMENT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.){0,4000})\"|'([^']{0,4000})'");

    private final AgentConfiguration.Builder found = AgentConfiguration.newBuilder();
    private int entries;

    private ConfigurationFiles() {}

    /**
     * What is there now.
     *
     * @param version of the agent; empty: unknown
     * @param moment start, end
     * @param managed what the host has put in place: text by path inside
     * @param workspace and {@code home} on the host; what is missing is not listed
     * @param workspacePath where the workspace is inside
     */
    public static AgentConfiguration scan(
            String agent,
            String version,
            String moment,
            Map<String, String> managed,
            Path workspace,
            String workspacePath,
            Path home) {
        ConfigurationFiles files = new ConfigurationFiles();
        files.found.setAgent(agent).setAgentVersion(version).setMoment(moment);
        managed.forEach((path, text) -> {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            files.add(path, bytes.length, bytes, true);
        });
        List<String> names = new ArrayList<>();
        files.list(workspace, names);
        Collections.sort(names);
        names.forEach(name -> files.read(workspace, name, workspacePath + "/" + name));
        for (String name : ConfigurationPaths.HOME_FILES) {
            if (!managed.containsKey(Agent.HOME + "/" + name)) {
                files.read(home, name, Agent.HOME + "/" + name);
            }
        }
        return files.found.build();
    }

    private void list(Path workspace, List<String> names) {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(workspace)) {
            if (stream instanceof SecureDirectoryStream<Path> secure) {
                list(secure, "", 0, names);
            }
        } catch (IOException | DirectoryIteratorException e) {
            found.setMore(true);
        }
    }

    private void list(SecureDirectoryStream<Path> folder, String below, int depth, List<String> names)
            throws IOException {
        for (Path entry : folder) {
            Path name = entry.getFileName();
            if (name == null || depth == 0 && !isConfiguration(name.toString())) {
                continue;
            }
            if (++entries > MAX_ENTRIES || names.size() >= MAX_FILES) {
                found.setMore(true);
                return;
            }
            BasicFileAttributes attributes;
            try {
                attributes = folder.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .readAttributes();
            } catch (IOException e) {
                // It is gone by now.
                continue;
            }
            if (attributes.isDirectory() && depth < MAX_DEPTH) {
                try (SecureDirectoryStream<Path> next = folder.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    list(next, below + name + "/", depth + 1, names);
                }
            } else if (attributes.isRegularFile()) {
                names.add(below + name);
            }
        }
    }

    private static boolean isConfiguration(String name) {
        return ConfigurationPaths.WORKSPACE_FILES.contains(name) || ConfigurationPaths.FOLDERS.contains(name);
    }

    private void read(Path base, String name, String path) {
        try (BeneathFile file = BeneathFile.open(base, name)) {
            long size = file.identity().size();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] piece = file.read();
            while (piece.length > 0 && bytes.size() <= MAX_BYTES) {
                bytes.write(piece);
                piece = file.read();
            }
            add(path, size, bytes.size() <= MAX_BYTES ? bytes.toByteArray() : null, false);
        } catch (IOException e) {
            if (Files.exists(base.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
                add(path, 0, null, false);
            }
        }
    }

    private void add(String path, long size, byte @Nullable [] bytes, boolean pinned) {
        if (found.getFilesCount() >= MAX_FILES) {
            found.setMore(true);
            return;
        }
        found.addFiles(ConfigurationFile.newBuilder()
                .setPath(path)
                .setSize(size)
                .setPinned(pinned)
                .setSha256(bytes == null ? "" : EventIds.sha256Hex(bytes)));
        if (bytes != null) {
            servers(path, new String(bytes, StandardCharsets.UTF_8));
        }
    }

    private void servers(String path, String text) {
        Map<String, List<String>> servers = new TreeMap<>();
        if (path.endsWith(".toml")) {
            toml(text, servers);
        } else if (path.endsWith(".json") || path.endsWith(".jsonc")) {
            json(text, servers);
        }
        servers.forEach((name, argv) -> {
            if (found.getMcpServersCount() < MAX_SERVERS) {
                found.addMcpServers(
                        McpServer.newBuilder().setName(name).setPath(path).addAllArgv(argv));
            }
        });
    }

    /** {@code mcpServers} of Claude Code, Gemini CLI and Qwen Code; {@code mcp} of opencode, whose command is a list. */
    private static void json(String text, Map<String, List<String>> servers) {
        JsonNode root;
        try {
            root = JSON.readTree(text);
        } catch (IOException e) {
            return;
        }
        for (String table : List.of("mcpServers", "mcp")) {
            for (Map.Entry<String, JsonNode> server : root.path(table).properties()) {
                List<String> argv = new ArrayList<>();
                JsonNode command = server.getValue().path("command");
                if (command.isTextual()) {
                    argv.add(command.textValue());
                    server.getValue().path("args").forEach(argument -> argv.add(argument.asText()));
                } else {
                    command.forEach(word -> argv.add(word.asText()));
                }
                if (!argv.isEmpty()) {
                    servers.put(server.getKey(), argv);
                }
            }
        }
    }

    private static void toml(String text, Map<String, List<String>> servers) {
        String server = "";
        for (String line : text.split("\n")) {
            String stripped = line.strip();
            if (stripped.startsWith("[")) {
                Matcher table = TABLE.matcher(stripped);
                server = table.matches() ? table.group(1) : "";
            } else if (!server.isEmpty()) {
                Matcher command = COMMAND.matcher(stripped);
                Matcher arguments = ARGUMENTS.matcher(stripped);
                if (command.matches()) {
                    servers.computeIfAbsent(server, name -> new ArrayList<>()).addFirst(command.group(1));
                } else if (arguments.matches()) {
                    List<String> argv = servers.computeIfAbsent(server, name -> new ArrayList<>());
                    Matcher argument = ARGUMENT.matcher(arguments.group(1));
                    while (argument.find()) {
                        argv.add(argument.group(1) == null ? argument.group(2) : argument.group(1));
                    }
                }
            }
        }
    }
}
