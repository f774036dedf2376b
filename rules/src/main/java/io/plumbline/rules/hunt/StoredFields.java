package io.plumbline.rules.hunt;

import io.plumbline.rules.sigma.LogSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the index job's documents (see {@code EcsDocument} and the template {@code plumbline-events-*}) have what rules ask for.
 * What is not there as a keyword or number has no entry.
 */
final class StoredFields {
    private static final String ADDRESS = "[0-9.]+|.*:.*";

    /** How one field is kept. */
    sealed interface Stored {
        /**
         * As text, compared as a whole.
         *
         * @param several true: a document can have more than one
         */
        record Text(String field, boolean several) implements Stored {}

        /** The new path of what was moved, else the path. */
        record NewPath() implements Stored {}

        /** The text of a field, in documents that fit. */
        record Guarded(Query guard, String field) implements Stored {}

        /** Addresses, which the engine has as IPv4 also where they came as mapped ones. */
        record Address(Query guard, String field, boolean domain) implements Stored {}

        /** The user's number, with a name for the first. */
        record User(String field) implements Stored {}

        /** A number times a factor; left out where it is zero. */
        record Number(Query guard, String field, long factor, boolean zeroLeftOut) implements Stored {}

        /** One of a few values, each known by a query. */
        record Enumerated(Map<String, Query> values) implements Stored {}
    }

    private final Query source;
    private final Map<String, Stored> fields = new LinkedHashMap<>();

    private StoredFields(Query source) {
        this.source = source;
        text("SessionId", "plumbline.session");
        text("Tenant", "organization.id");
        text("Computer", "host.name");
        text("Channel", "plumbline.channel");
        fields.put("Truncated", new Stored.Text("plumbline.truncated", true));
    }

    /** Which documents are of the log source. */
    Query source() {
        return source;
    }

    /** How a field is kept; empty: not so that it could be asked for. */
    Optional<Stored> field(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    /** What a rule's log source is in the index; empty where the index has nothing of it, or several log sources would be meant. */
    static Optional<StoredFields> of(LogSource rule) {
        if (!rule.service().isEmpty()) {
            return Optional.empty();
        }
        return Optional.ofNullable(
                switch (rule.product() + "/" + rule.category()) {
                    case "linux/process_creation" -> processCreation();
                    case "linux/file_event" ->
                        files(Query.any(
                                Query.all(
                                        action("file-opened"),
                                        equal("plumbline.operation", "open_write"),
                                        succeeded(true)),
                                Query.all(
                                        action("file-changed"),
                                        succeeded(true),
                                        new Query.Not(operations("unlink", "rmdir", "chmod")))));
                    case "linux/file_access" ->
                        files(Query.any(
                                Query.all(action("file-opened"), equal("plumbline.operation", "open_read")),
                                Query.all(Query.any(action("file-opened"), action("file-changed")), succeeded(false))));
                    case "linux/file_rename" -> changed(operations("rename"));
                    case "linux/file_delete" -> changed(operations("unlink", "rmdir"));
                    case "linux/file_change" -> changed(operations("chmod"));
                    case "linux/network_connection" -> connection();
                    case "linux/network_listen" -> listen();
                    case "linux/unix_socket" -> unixSocket();
                    case "linux/dns_query" -> egress(asked());
                    case "agent/egress" -> egress(Query.any(action("egress-requested"), action("egress-decided")));
                    case "agent/tool_call" -> toolCall();
                    case "agent/tool_result" -> toolResult();
                    case "agent/session" -> session();
                    case "agent/deviation" -> deviation();
                    default -> null;
                });
    }

    private void text(String name, String field) {
        fields.put(name, new Stored.Text(field, false));
    }

    private void number(String name, String field) {
        fields.put(name, new Stored.Number(new Query.Exists("event.action"), field, 1, false));
    }

    private static Query equal(String field, Object value) {
        return new Query.Equal(field, value);
    }

    private static Query action(String action) {
        return equal("event.action", action);
    }

    private static Query succeeded(boolean yes) {
        return equal("event.outcome", yes ? "success" : "failure");
    }

    private static Query operations(String... names) {
        return Query.any(java.util.Arrays.stream(names)
                .map(name -> equal("plumbline.operation", name))
                .toList());
    }

    private static Query isAddress(String field) {
        return new Query.Expression(field, ADDRESS);
    }

    private static Map<String, Query> either(Query yes, Query no) {
        Map<String, Query> values = new LinkedHashMap<>();
        values.put("true", yes);
        values.put("false", no);
        return values;
    }

    private StoredFields actor() {
        number("ProcessId", "process.pid");
        text("ProcessName", "process.thread.name");
        text("CurrentDirectory", "process.working_directory");
        text("UserId", "user.id");
        fields.put("User", new Stored.User("user.id"));
        return this;
    }

    private StoredFields outcome() {
        fields.put("Succeeded", new Stored.Enumerated(either(succeeded(true), succeeded(false))));
        text("ErrorNumber", "error.code");
        return this;
    }

    private static StoredFields processCreation() {
        StoredFields stored = new StoredFields(action("process-started")).actor();
        stored.fields.put("Succeeded", new Stored.Enumerated(either(succeeded(true), succeeded(false))));
        stored.text("Image", "process.executable");
        stored.text("CommandLine", "process.command_line");
        stored.fields.put("Arguments", new Stored.Text("process.args", true));
        stored.text("Sha256", "process.hash.sha256");
        return stored;
    }

    private static StoredFields files(Query source) {
        StoredFields stored = new StoredFields(source).actor().outcome();
        stored.fields.put("TargetFilename", new Stored.NewPath());
        stored.fields.put("SourceFilename", new Stored.Guarded(new Query.Exists("plumbline.new_path"), "file.path"));
        stored.text("Operation", "plumbline.operation");
        return stored;
    }

    private static StoredFields changed(Query operation) {
        return files(Query.all(action("file-changed"), succeeded(true), operation));
    }

    private StoredFields destination(Query outgoing, Query asked) {
        fields.put(
                "DestinationHostname",
                new Stored.Guarded(new Query.Not(isAddress("destination.domain")), "destination.domain"));
        // Port 0 is left out of documents, the engine has it.
        fields.put("DestinationPort", new Stored.Number(outgoing, "destination.port", 1, true));
        text("Method", "http.request.method");
        text("Url", "url.full");
        fields.put(
                "Upload",
                new Stored.Enumerated(either(
                        equal("plumbline.egress.upload", true),
                        Query.all(asked, new Query.Not(equal("plumbline.egress.upload", true))))));
        fields.put(
                "Unknown",
                new Stored.Enumerated(either(
                        equal("plumbline.egress.unknown", true),
                        Query.all(asked, new Query.Not(equal("plumbline.egress.unknown", true))))));
        fields.put("Protocol", new Stored.Enumerated(Map.of("tcp", asked)));
        return this;
    }

    private static StoredFields connection() {
        Query asked = action("egress-requested");
        Query kernel = Query.all(Query.any(action("connected"), action("accepted")), new Query.Exists("network.type"));
        StoredFields stored = new StoredFields(Query.any(kernel, asked))
                .actor()
                .outcome()
                .destination(Query.any(action("connected"), asked), asked);
        stored.fields.put("DestinationIp", new Stored.Address(action("connected"), "destination.address", true));
        stored.fields.put("SourceIp", new Stored.Address(action("accepted"), "source.address", false));
        stored.fields.put("SourcePort", new Stored.Number(action("accepted"), "source.port", 1, false));
        stored.fields.put(
                "Initiated", new Stored.Enumerated(either(Query.any(action("connected"), asked), action("accepted"))));
        stored.fields.put("Verdict", new Stored.Enumerated(Map.of("requested", asked)));
        stored.fields.put("BytesOut", new Stored.Number(asked, "plumbline.egress.bytes_so_far", 1, true));
        return stored;
    }

    private static StoredFields listen() {
        StoredFields stored = new StoredFields(action("bound")).actor().outcome();
        stored.fields.put("SourceIp", new Stored.Address(new Query.Exists("network.type"), "source.address", false));
        stored.number("SourcePort", "source.port");
        return stored;
    }

    private static StoredFields unixSocket() {
        StoredFields stored = new StoredFields(Query.all(
                        Query.any(action("connected"), action("accepted")),
                        new Query.Not(new Query.Exists("network.type"))))
                .actor()
                .outcome();
        stored.fields.put("Initiated", new Stored.Enumerated(either(action("connected"), action("accepted"))));
        return stored;
    }

    private static Query asked() {
        return Query.all(
                action("egress-requested"),
                new Query.Not(equal("plumbline.egress.upload", true)),
                new Query.Not(isAddress("destination.domain")));
    }

    private static StoredFields egress(Query source) {
        Query requested = action("egress-requested");
        Query decided = action("egress-decided");
        StoredFields stored = new StoredFields(source).destination(Query.any(requested, decided), requested);
        stored.fields.put("DestinationIp", new Stored.Address(decided, "destination.address", true));
        stored.fields.put("Initiated", new Stored.Enumerated(Map.of("true", requested)));
        stored.fields.put("QueryName", new Stored.Guarded(asked(), "destination.domain"));
        Map<String, Query> verdicts = new LinkedHashMap<>();
        verdicts.put("requested", requested);
        verdicts.put("allowed", Query.all(decided, equal("plumbline.egress.allowed", true)));
        verdicts.put("denied", Query.all(decided, equal("plumbline.egress.allowed", false)));
        stored.fields.put("Verdict", new Stored.Enumerated(verdicts));
        stored.fields.put("Reason", new Stored.Guarded(decided, "plumbline.egress.reason"));
        stored.fields.put("Detail", new Stored.Guarded(decided, "plumbline.egress.detail"));
        stored.fields.put("BytesIn", new Stored.Number(decided, "destination.bytes", 1, true));
        stored.fields.put(
                "Closed",
                new Stored.Enumerated(either(
                        Query.all(decided, equal("event.type", "end")),
                        Query.all(decided, new Query.Not(equal("event.type", "end"))))));
        return stored;
    }

    private StoredFields tool() {
        text("CallId", "plumbline.call.id");
        text("ToolName", "plumbline.call.tool");
        text("ToolServer", "plumbline.call.mcp_server");
        text("ServerTool", "plumbline.call.mcp_tool");
        text("Source", "plumbline.call.source");
        return this;
    }

    private static StoredFields toolCall() {
        StoredFields stored = new StoredFields(action("tool-call")).tool();
        stored.text("CommandLine", "plumbline.call.command");
        stored.fields.put("TargetFilename", new Stored.Text("plumbline.call.paths", true));
        stored.text("Contradicts", "plumbline.call.contradicts");
        return stored;
    }

    private static StoredFields toolResult() {
        StoredFields stored = new StoredFields(action("tool-result")).tool();
        stored.text("Outcome", "plumbline.call.outcome");
        stored.fields.put("DurationMs", new Stored.Number(action("tool-result"), "event.duration", 1_000_000, true));
        return stored;
    }

    private static StoredFields session() {
        Map<String, Query> actions = new LinkedHashMap<>();
        actions.put("start", action("session-declared"));
        actions.put("end", action("session-ended"));
        for (String state : List.of("created", "running", "frozen", "killed", "exited", "failed")) {
            actions.put(state, Query.all(action("runtime-state"), equal("plumbline.runtime.state", state)));
        }
        actions.put("configuration", action("agent-configuration"));
        actions.put("trace_loss", action("trace-loss"));
        actions.put("limit_reached", action("limit-reached"));
        actions.put("reconciled", action("session-reconciled"));
        StoredFields stored = new StoredFields(Query.any(List.of(
                action("session-declared"),
                action("session-ended"),
                action("runtime-state"),
                action("agent-configuration"),
                action("trace-loss"),
                action("limit-reached"),
                action("session-reconciled"))));
        stored.fields.put("Action", new Stored.Enumerated(actions));
        stored.fields.put("Runtime", new Stored.Guarded(action("runtime-state"), "plumbline.runtime.name"));
        stored.fields.put(
                "Degraded",
                new Stored.Enumerated(either(
                        Query.all(action("runtime-state"), equal("plumbline.runtime.degraded", true)),
                        Query.all(action("runtime-state"), equal("plumbline.runtime.degraded", false)))));
        stored.fields.put(
                "Complete",
                new Stored.Enumerated(either(
                        Query.all(action("session-reconciled"), succeeded(true)),
                        Query.all(action("session-reconciled"), succeeded(false)))));
        stored.fields.put("Dropped", new Stored.Number(action("trace-loss"), "plumbline.loss.dropped", 1, false));
        return stored;
    }

    private static StoredFields deviation() {
        StoredFields stored = new StoredFields(action("alert-raised"));
        stored.text("Kind", "plumbline.alert.kind");
        stored.text("Severity", "plumbline.alert.severity");
        stored.text("Clause", "plumbline.alert.clause");
        stored.text("Title", "rule.name");
        stored.text("CallId", "plumbline.call.id");
        return stored;
    }
}
