package io.plumbline.watcher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessExited;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * Recorded sessions of real agents in a real sandbox, as the events that a host would have reported: hooks as claims, the
 * kernel's trace as evidence, in the order of their time stamps.
 */
public final class Captures {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HOME = "/home/dev";
    private static final String RECORDED_HOOK = "/opt/bin/hookfwd";
    private static final String HOOK = "/opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/AGENT 20";
    private static final String WORKSPACE = "/home/dev/project";

    /** The defaults for the recorded sessions, whose agents' state folder lay below the home. */
    public static final String DEFAULTS = """
            name: capture
            files: {write: ["/home/dev/state/**"]}
            """;

    /** The same where nothing was refused beforehand, as it was when they were recorded. */
    public static final String POLICY = DEFAULTS + """
            scopes: {credentials: allow, persistence: allow, files: allow, egress: allow}
            """;

    private final String name;
    private final String session;
    private final List<Event.Builder> events = new ArrayList<>();
    private final Map<Integer, Long> starts = new HashMap<>();

    private Captures(String name) {
        this.name = name;
        this.session = EventIds.derived("capture", name);
    }

    /** The events of one recorded session, beginning with its task. */
    public static List<Event> read(String name, String policyYaml) {
        Captures capture = new Captures(name);
        try {
            capture.readTrace();
            capture.readHooks();
            return capture.numbered(policyYaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (PolicyException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private List<Event> numbered(String policyYaml) throws PolicyException {
        events.sort(Comparator.comparingLong(Event.Builder::getEventTimeNs));
        String prompt = events.stream()
                .filter(Event.Builder::hasPrompt)
                .map(event -> event.getPrompt().getText())
                .findFirst()
                .orElse("");
        events.addFirst(Event.newBuilder()
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(events.getFirst().getEventTimeNs())
                .setTaskAssigned(TaskAssigned.newBuilder()
                        .setTask(prompt)
                        .setAgent(name.startsWith("claude") ? "claude-code" : "codex")
                        .setPolicy(PolicyParser.parse(policyYaml))
                        .setHome(HOME)
                        .setWorkspace(WORKSPACE)));
        Map<Channel, Long> seqs = new HashMap<>();
        List<Event> numbered = new ArrayList<>();
        for (Event.Builder event : events) {
            numbered.add(EventIds.withId(event.setTenant("default")
                    .setHost("host-1")
                    .setSession(session)
                    .setSeq(seqs.merge(event.getChannel(), 1L, Long::sum))
                    .setObservedTimeNs(event.getEventTimeNs() + 100_000)));
        }
        return numbered;
    }

    private void readHooks() throws IOException {
        for (JsonNode line : lines(name + ".hooks.jsonl")) {
            JsonNode request = line.path("request");
            Event.Builder event = Event.newBuilder()
                    .setChannel(Channel.CLAIMS)
                    .setEventTimeNs(line.path("at_ns").asLong());
            switch (request.path("hook_event_name").asText()) {
                case "UserPromptSubmit" ->
                    event.setPrompt(
                            Prompt.newBuilder().setText(request.path("prompt").asText()));
                case "PreToolUse" ->
                    event.setToolCall(ToolCall.newBuilder()
                            .setCall(request.path("tool_use_id").asText())
                            .setTool(request.path("tool_name").asText())
                            .setCommand(
                                    request.path("tool_input").path("command").asText())
                            .addAllPaths(paths(request.path("tool_input")))
                            .setArgumentsJson(request.path("tool_input").toString())
                            .setCwd(request.path("cwd").asText())
                            .setSource("hook")
                            .setGated(true));
                case "PostToolUse" ->
                    event.setToolResult(ToolResult.newBuilder()
                            .setCall(request.path("tool_use_id").asText())
                            .setTool(request.path("tool_name").asText())
                            .setOutcome("success"));
                default -> {
                    continue;
                }
            }
            events.add(event);
        }
    }

    private static List<String> paths(JsonNode input) {
        return input.hasNonNull("file_path") ? List.of(input.path("file_path").asText()) : List.of();
    }

    private void readTrace() throws IOException {
        for (JsonNode line : lines(name + ".events.jsonl.gz")) {
            Event.Builder event = Event.newBuilder()
                    .setChannel(Channel.EVIDENCE)
                    .setEventTimeNs(line.path("context").path("time_ns").asLong());
            if (payload(line, event)) {
                events.add(event);
            }
        }
    }

    private boolean payload(JsonNode line, Event.Builder event) {
        Actor actor = actor(line.path("context"));
        switch (line.path("t").asText()) {
            case "container_start" ->
                event.setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(actor)
                        .setBinary(line.path("args").path(0).asText())
                        .addAllArgv(texts(line.path("args")))
                        .setFirst(true));
            case "clone" -> {
                starts.put(
                        line.path("child_tgid").asInt(),
                        line.path("child_tgid").asInt()
                                        == line.path("context").path("tgid").asInt()
                                ? actor.getProcess().getStartTimeNs()
                                : line.path("child_start_ns").asLong());
                event.setProcessForked(ProcessForked.newBuilder()
                        .setActor(actor)
                        .setChild(process(line.path("child_tgid").asInt()))
                        .setChildThread(line.path("child_tid").asInt()));
            }
            case "execve" ->
                event.setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(actor)
                        .setBinary(line.path("binary_path")
                                .asText()
                                .replace(RECORDED_HOOK, "/opt/plumbline/plumbline-guest"))
                        .addAllArgv(texts(line.path("argv"))));
            case "task_exit" ->
                event.setProcessExited(ProcessExited.newBuilder()
                        .setActor(actor)
                        .setWaitStatus(line.path("status").asInt()));
            case "sys_open" ->
                event.setFileOpened(FileOpened.newBuilder()
                        .setActor(actor)
                        .setPath(absolute(line))
                        .setFlags(line.path("flags").asInt())
                        .setError(line.path("exit").path("errno").asLong()));
            case "sys_connect" ->
                event.setConnected(Connected.newBuilder()
                        .setActor(actor)
                        .setPeer(endpoint(line.path("address").asText()))
                        .setError(line.path("exit").path("errno").asLong()));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static String absolute(JsonNode line) {
        String path = line.path("pathname").asText();
        String base =
                line.path("fd_path").asText(line.path("context").path("cwd").asText());
        return Path.of(path.startsWith("/") ? path : base + "/" + path)
                .normalize()
                .toString();
    }

    private static Endpoint endpoint(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        if (bytes.length < 8 || bytes[0] != 2) {
            return Endpoint.newBuilder().setFamily("unix").build();
        }
        return Endpoint.newBuilder()
                .setFamily("inet")
                .setPort((bytes[2] & 0xff) << 8 | bytes[3] & 0xff)
                .setAddress(
                        (bytes[4] & 0xff) + "." + (bytes[5] & 0xff) + "." + (bytes[6] & 0xff) + "." + (bytes[7] & 0xff))
                .build();
    }

    private Actor actor(JsonNode context) {
        return Actor.newBuilder()
                .setProcess(process(context.path("tgid").asInt()))
                .setThread(context.path("tid").asInt())
                .setName(context.path("comm").asText())
                .setCwd(context.path("cwd").asText())
                .build();
    }

    private ProcessRef process(int threadGroup) {
        return ProcessRef.newBuilder()
                .setThreadGroup(threadGroup)
                .setStartTimeNs(starts.getOrDefault(threadGroup, 0L))
                .build();
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(asInjected(text.asText())));
        return !texts.isEmpty() && texts.getFirst().equals(RECORDED_HOOK)
                ? List.of(HOOK.replace("AGENT", "codex").split(" "))
                : texts;
    }

    /** The recordings used hook commands of their own; the product injects its guest program. */
    private static String asInjected(String argument) {
        if (argument.equals("cat > /dev/null")) {
            return HOOK.replace("AGENT", "claude");
        }
        return argument.startsWith(RECORDED_HOOK + " ") ? HOOK.replace("AGENT", "codex") : argument;
    }

    private static List<JsonNode> lines(String resource) throws IOException {
        InputStream raw = Objects.requireNonNull(Captures.class.getResourceAsStream("/captures/" + resource), resource);
        InputStream in = resource.endsWith(".gz") ? new GZIPInputStream(raw) : raw;
        List<JsonNode> lines = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(JSON.readTree(line));
            }
        }
        return lines;
    }
}
