package io.plumbline.jobs.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionDeclared;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.events.v1.TraceLoss;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.hunt.ConversionException;
import io.plumbline.rules.hunt.Hunt;
import io.plumbline.rules.hunt.SearchCopy;
import io.plumbline.rules.hunt.SearchCopy.Selection;
import io.plumbline.rules.hunt.StoredEvents;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.workbench.Backtest;
import io.plumbline.rules.workbench.Backtest.Hit;
import io.plumbline.rules.workbench.Recordings.Recording;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import io.plumbline.watcher.judge.SessionRecorder;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules as queries over a real Elasticsearch: the documents that they find are those of the events that the engine matches. */
class HuntIT {
    private static final String INDEX = "plumbline-events-2026.11";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static SearchNodeProcess node;

    private static final Map<String, SigmaEvent> EVENTS = new LinkedHashMap<>();
    private static final List<Event> LOG = new ArrayList<>();
    private static final Selection ALL = new Selection("acme", List.of(), Optional.empty(), Optional.empty());

    @BeforeAll
    static void indexTheEventsOfAllCases() throws IOException {
        node = SearchNodeProcess.start(directory);
        IndexTemplates.install(node.client(), 0);
        StringBuilder bulk = new StringBuilder();
        for (Event event : events()) {
            Optional<SigmaEvent> seen = AgentEvents.of(event, ActContext.NONE);
            if (seen.isPresent() && EVENTS.put(event.getId(), seen.get()) == null) {
                LOG.add(event);
                bulk.append("{\"create\":{\"_id\":\"").append(event.getId()).append("\"}}\n");
                bulk.append(EcsDocument.render(event)).append('\n');
            }
        }
        JsonNode answer = post("/" + INDEX + "/_bulk?refresh=true", "application/x-ndjson", bulk.toString());
        assertThat(answer.path("errors").asBoolean()).as(answer.toString()).isFalse();
    }

    @AfterAll
    static void stopNode() throws Exception {
        node.close();
    }

    /** The events of the pack's cases as they would have come from a host, each also as it would be if it had failed. */
    private static List<Event> events() {
        List<Event> events = new ArrayList<>();
        for (RuleSource source : RulePack.sources()) {
            RuleSet set = RuleSet.load(List.of(source), Placeholders.NONE);
            RuleSource cases = RulePack.cases(source);
            LogSource own = set.detections().getFirst().logSource();
            for (YamlNode document : YamlReader.read(cases.name(), cases.text())) {
                collect(document, own, events);
            }
        }
        for (String address : List.of("10.1.2.3", "::ffff:169.254.169.254", "172.20.0.1", "172.32.0.1", "::1")) {
            events.add(event(events.size())
                    .setConnected(Connected.newBuilder()
                            .setActor(actor(Map.of()))
                            .setPeer(Endpoint.newBuilder()
                                    .setFamily(address.contains(":") ? "inet6" : "inet")
                                    .setAddress(address)
                                    .setPort(80)))
                    .build());
        }
        return events.stream().map(event -> EventIds.withId(event.toBuilder())).toList();
    }

    private static void collect(YamlNode node, LogSource own, List<Event> events) {
        switch (node) {
            case YamlNode.Sequence list -> list.items().forEach(item -> collect(item, own, events));
            case YamlNode.Mapping mapping -> {
                if (mapping.entries().stream()
                        .allMatch(entry -> entry.value() instanceof YamlNode.Sequence list
                                && !(list.items().getFirst() instanceof YamlNode.Scalar))) {
                    mapping.entries().forEach(entry -> collect(entry.value(), own, events));
                    return;
                }
                Map<String, List<String>> fields = new TreeMap<>();
                mapping.entries().forEach(entry -> fields.put(entry.key().text(), texts(entry.value())));
                event(fields, own, events.size()).ifPresent(event -> events.add(event.build()));
            }
            case YamlNode.Scalar ignored -> {}
        }
    }

    private static List<String> texts(YamlNode node) {
        return switch (node) {
            case YamlNode.Scalar scalar -> List.of(scalar.text());
            case YamlNode.Sequence list ->
                list.items().stream().flatMap(item -> texts(item).stream()).toList();
            case YamlNode.Mapping ignored -> List.of();
        };
    }

    private static Event.Builder event(int number) {
        return Sessions.on(Channel.EVIDENCE, number).setSeq(number + 1L);
    }

    private static String first(Map<String, List<String>> fields, String name) {
        List<String> values = fields.getOrDefault(name, List.of());
        return values.isEmpty() ? "" : values.getFirst();
    }

    private static int number(Map<String, List<String>> fields, String name) {
        String text = first(fields, name);
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    private static Actor actor(Map<String, List<String>> fields) {
        return Actor.newBuilder()
                .setName(first(fields, "ProcessName"))
                .setCwd(first(fields, "CurrentDirectory"))
                .setUid(first(fields, "User").equals("root") ? 0 : 1000)
                .build();
    }

    private static Optional<Event.Builder> event(Map<String, List<String>> fields, LogSource own, int number) {
        String source =
                first(fields, "_source").isEmpty() ? own.category() + "/" + own.product() : first(fields, "_source");
        Event.Builder event = event(number);
        long error = first(fields, "Succeeded").equals("false") ? 13 : 0;
        boolean writes = first(fields, "Operation").equals("open_write") || source.equals("file_event/linux");
        switch (source) {
            case "process_creation/linux" ->
                event.setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(actor(fields))
                        .setBinary(first(fields, "Image"))
                        .addAllArgv(List.of(first(fields, "CommandLine").split(" "))));
            case "file_access/linux", "file_event/linux" ->
                event.setFileOpened(FileOpened.newBuilder()
                        .setActor(actor(fields))
                        .setPath(first(fields, "TargetFilename"))
                        .setError(error)
                        .setFlags(writes ? 0101 : 0));
            case "file_delete/linux", "file_rename/linux" -> {
                FileChanged.Builder changed = FileChanged.newBuilder()
                        .setActor(actor(fields))
                        .setPath(first(fields, "TargetFilename"))
                        .setOperation("unlink");
                if (source.startsWith("file_rename")) {
                    changed.setOperation("rename")
                            .setPath(first(fields, "SourceFilename"))
                            .setNewPath(first(fields, "TargetFilename"));
                }
                event.setFileChanged(changed);
            }
            case "egress/agent", "dns_query/linux", "network_connection/linux" -> {
                String host = first(fields, "DestinationHostname") + first(fields, "QueryName");
                String to = host.isEmpty() ? first(fields, "DestinationIp") : host;
                if (List.of("allowed", "denied").contains(first(fields, "Verdict"))) {
                    event.setEgressDecided(EgressDecided.newBuilder()
                            .setHost(to)
                            .setPort(number(fields, "DestinationPort"))
                            .setAllowed(first(fields, "Verdict").equals("allowed"))
                            .setReason(first(fields, "Reason"))
                            .setBytesOut(number(fields, "BytesOut")));
                } else {
                    event.setEgressRequested(EgressRequested.newBuilder()
                            .setHost(to)
                            .setPort(number(fields, "DestinationPort"))
                            .setMethod(first(fields, "Method"))
                            .setUrl(first(fields, "Url"))
                            .setUpload(first(fields, "Upload").equals("true"))
                            .setBytesSoFar(number(fields, "BytesOut")));
                }
            }
            case "tool_call/agent" ->
                event.setChannel(Channel.CLAIMS)
                        .setToolCall(ToolCall.newBuilder()
                                .setTool(first(fields, "ToolName"))
                                .setCommand(first(fields, "CommandLine"))
                                .setContradicts(first(fields, "Contradicts"))
                                .addAllPaths(fields.getOrDefault("TargetFilename", List.of())));
            case "tool_result/agent" ->
                event.setChannel(Channel.CLAIMS)
                        .setToolResult(ToolResult.newBuilder()
                                .setTool(first(fields, "ToolName"))
                                .setOutcome(first(fields, "Outcome"))
                                .setDurationMs(number(fields, "DurationMs"))
                                .setOutput(first(fields, "Output")));
            case "session/agent" -> {
                switch (first(fields, "Action")) {
                    case "trace_loss" ->
                        event.setTraceLoss(TraceLoss.newBuilder().setDropped(number(fields, "Dropped")));
                    case "frozen" ->
                        event.setRuntimeState(RuntimeState.newBuilder().setState(RuntimeState.State.FROZEN));
                    default ->
                        event.setSessionDeclared(SessionDeclared.newBuilder().setAgent("codex"));
                }
            }
            default -> {
                return Optional.empty();
            }
        }
        return Optional.of(event);
    }

    private static Set<String> matched(Detection rule) {
        Set<String> ids = new TreeSet<>();
        var matcher = Program.compile(List.of(rule.expression())).matcher();
        EVENTS.forEach((id, event) -> {
            boolean routed = event.logSources().stream().anyMatch(rule.logSource()::accepts);
            if (routed && matcher.match(event) > 0) {
                ids.add(id);
            }
        });
        return ids;
    }

    private static JsonNode post(String path, String type, String body) throws IOException {
        return exchange("POST", path, type, body);
    }

    private static JsonNode exchange(String method, String path, String type, String body) throws IOException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create(node.url() + path))
                            .header("Content-Type", type)
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(body + answer.body()).isEqualTo(200);
            return JSON.readTree(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static Set<String> found(Hunt hunt) throws IOException {
        ObjectNode body = JSON.createObjectNode().put("size", 10_000).put("_source", false);
        body.set("query", hunt.queryDsl());
        JsonNode answer = post("/plumbline-events-*/_search", "application/json", body.toString());
        Set<String> ids = new TreeSet<>();
        answer.at("/hits/hits").forEach(hit -> ids.add(hit.path("_id").asText()));
        return ids;
    }

    @Test
    void theStoreFindsWhatTheEngineMatches() throws IOException {
        SoftAssertions differences = new SoftAssertions();
        int converted = 0;
        int withMatches = 0;
        Map<String, String> refused = new TreeMap<>();
        for (Detection rule :
                RuleSet.load(RulePack.sources(), Placeholders.NONE).detections()) {
            Hunt hunt;
            try {
                hunt = Hunt.of(rule);
            } catch (ConversionException e) {
                refused.put(rule.metadata().position().toString(), String.valueOf(e.getMessage()));
                continue;
            }
            Set<String> expected = matched(rule);
            differences
                    .assertThat(found(hunt))
                    .as(rule.metadata().position() + " " + hunt.queryDsl())
                    .isEqualTo(expected);
            converted++;
            withMatches += expected.isEmpty() ? 0 : 1;
        }
        differences.assertAll();
        assertThat(withMatches)
                .as("with matches, of " + converted + " converted; refused: " + refused)
                .isGreaterThanOrEqualTo(60);
        assertThat(converted).isGreaterThanOrEqualTo(95);
        assertThat(refused.values()).allMatch(why -> why.contains("(expected: "));
    }

    /** The embedded server has no ES|QL; what is written is read by {@link EsqlReader}. */
    @Test
    void esqlFindsWhatTheEngineMatches() throws IOException {
        Map<String, JsonNode> documents = new LinkedHashMap<>();
        for (Event event : LOG) {
            documents.put(event.getId(), JSON.readTree(EcsDocument.render(event).toString()));
        }
        JsonNode mapped = JSON.readTree(
                        IndexTemplates.class.getResourceAsStream("/io/plumbline/jobs/index/events-template.json"))
                .at("/template/mappings/properties");
        SoftAssertions differences = new SoftAssertions();
        int converted = 0;
        for (Detection rule :
                RuleSet.load(RulePack.sources(), Placeholders.NONE).detections()) {
            String statement;
            try {
                statement = Hunt.of(rule).esql("plumbline-events-*");
            } catch (ConversionException e) {
                continue;
            }
            EsqlReader reader = new EsqlReader(statement);
            Set<String> found = new TreeSet<>();
            documents.forEach((id, document) -> {
                if (reader.matches(document)) {
                    found.add(id);
                }
            });
            differences.assertThat(found).as(statement).isEqualTo(matched(rule));
            differences.assertThat(reader.fields()).as("fields of the index").allMatch(field -> !mapped.at(
                            "/" + field.replace(".", "/properties/"))
                    .isMissingNode());
            converted++;
        }
        differences.assertAll();
        assertThat(converted).isGreaterThanOrEqualTo(90);
    }

    private static JsonNode send(String method, String path, JsonNode body) throws IOException {
        return exchange(method, path, "application/json", body.isEmpty() ? "" : body.toString());
    }

    private static Set<String> keys(RuleSet set, List<Recording> recordings, Set<String> without) {
        return Backtest.run(set, recordings).stream()
                .filter(hit -> !without.contains(hit.match().rule()))
                .map(Hit::key)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void aBacktestOverTheSearchCopyHasTheHitsOfOneOverTheLog() throws IOException {
        RuleSet set = RuleSet.load(RulePack.sources(), Placeholders.NONE);
        Map<String, Set<String>> notHeld = StoredEvents.notHeld(set);
        List<Recording> stored = new SearchCopy(HuntIT::send).sessions(ALL);
        assertThat(stored).hasSize(1);
        assertThat(stored.getFirst().name()).isEqualTo(LOG.getFirst().getSession());
        Set<String> indexed = LOG.stream().map(Event::getId).collect(Collectors.toSet());
        // Deviations are events too, and come of verdicts, which this log has none of.
        List<SigmaEvent> log = SessionRecorder.record(LOG).stream()
                .filter(event -> indexed.contains(event.id()))
                .toList();
        assertThat(log).hasSizeGreaterThan(1_000);
        assertThat(stored.getFirst().events())
                .extracting(SigmaEvent::id)
                .containsExactlyElementsOf(log.stream().map(SigmaEvent::id).toList());
        Set<String> expected = keys(set, List.of(new Recording("log", log)), notHeld.keySet());
        assertThat(keys(set, stored, notHeld.keySet())).isEqualTo(expected);
        Set<String> rules = expected.stream().map(key -> key.split(" ")[0]).collect(Collectors.toSet());
        assertThat(rules).hasSizeGreaterThan(60);
        assertThat(set.correlations())
                .filteredOn(correlation ->
                        rules.contains(correlation.definition().metadata().id()))
                .isNotEmpty();
        assertThat(notHeld.values().stream().flatMap(Set::stream))
                .contains("Role", "Verdict (service or requested)")
                .doesNotContain("Image", "CommandLine", "TargetFilename", "Output");
    }

    @Test
    void aProgramThatWasStartedBeforeTheSelectedTimeIsKnown() throws IOException {
        Event start = sessionEvent(1)
                .setProcessStarted(ProcessStarted.newBuilder()
                        .setActor(ACTING)
                        .setBinary("/usr/bin/git")
                        .addAllArgv(List.of("git", "apply", "x.patch")))
                .build();
        Event open = sessionEvent(2)
                .setFileOpened(FileOpened.newBuilder()
                        .setActor(ACTING)
                        .setPath("/w/.mcp.json")
                        .setFlags(1))
                .build();
        String index = "plumbline-events-programs";
        StringBuilder bulk = new StringBuilder();
        for (Event event : List.of(start, open)) {
            bulk.append("{\"create\":{}}\n").append(EcsDocument.render(event)).append('\n');
        }
        post("/" + index + "/_bulk?refresh=true", "application/x-ndjson", bulk.toString());
        try {
            List<SigmaEvent> events = new SearchCopy(HuntIT::send)
                    .sessions(new Selection(
                            "programs",
                            List.of(),
                            Optional.of(Instant.parse(
                                    EcsDocument.render(open).path("@timestamp").asText())),
                            Optional.empty()))
                    .getFirst()
                    .events();
            assertThat(events).hasSize(1);
            assertThat(events.getFirst().texts("Image")).containsExactly("/usr/bin/git");
            assertThat(events.getFirst().texts("CommandLine")).containsExactly("git apply x.patch");
        } finally {
            send("DELETE", "/" + index, JSON.createObjectNode());
        }
    }

    private static final Actor ACTING = Actor.newBuilder()
            .setProcess(ProcessRef.newBuilder().setThreadGroup(7).setStartTimeNs(3))
            .build();

    private static Event.Builder sessionEvent(int seq) {
        return Event.newBuilder()
                .setId("program-" + seq)
                .setTenant("programs")
                .setSession("programs")
                .setChannel(Channel.EVIDENCE)
                .setSeq(seq)
                .setEventTimeNs(seq * 1_000_000_000L);
    }

    @Test
    void aClosedIndexIsAnErrorThatNamesIt() throws IOException {
        send("PUT", "/plumbline-events-closed", JSON.createObjectNode());
        send("POST", "/plumbline-events-closed/_close", JSON.createObjectNode());
        try {
            assertThatThrownBy(() -> new SearchCopy(HuntIT::send).sessions(ALL))
                    .hasMessageContaining("plumbline-events-closed")
                    .hasMessageContaining("closed");
        } finally {
            send("DELETE", "/plumbline-events-closed", JSON.createObjectNode());
        }
    }

    @Test
    void anAlertsTriageIsTheVerdictOfItsRuleAtItsEvents() throws IOException {
        post(
                "/plumbline-alerts/_bulk?refresh=true",
                "application/x-ndjson",
                alert("acme", "a", "true_positive", "rule r", "rule")
                        + alert("acme", "b", "benign", "rule r", "rule")
                        + alert("acme", "c", "open", "rule r", "rule")
                        + alert("acme", "d", "benign", "files", "out_of_policy")
                        + alert("another", "e", "benign", "rule r", "rule"));
        SearchCopy copy = new SearchCopy(HuntIT::send);
        assertThat(copy.verdicts(ALL).rules()).isEqualTo(Map.of("r a", true, "r b", false));
        Selection elsewhere = new Selection("acme", List.of("another"), Optional.empty(), Optional.empty());
        assertThat(copy.verdicts(elsewhere).rules()).isEmpty();
        assertThat(copy.sessions(elsewhere)).isEmpty();
        assertThat(copy.sessions(new Selection("another", List.of(), Optional.empty(), Optional.empty())))
                .isEmpty();
    }

    private static String alert(String tenant, String event, String status, String clause, String kind) {
        ObjectNode alert = JSON.createObjectNode()
                .put("@timestamp", "2026-11-24T08:00:00Z")
                .put("tenant", tenant)
                .put("session", "s")
                .put("kind", kind)
                .put("clause", clause)
                .put("status", status);
        alert.putArray("evidence").add(event);
        return "{\"index\":{}}\n" + alert + "\n";
    }
}
