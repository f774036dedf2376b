package io.plumbline.rules.hunt;

import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.rules.agent.AgentEvents;
import io.plumbline.rules.sigma.LogSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the index job's documents (see {@code EcsDocument} and the template {@code plumbline-events-*}) have the fields of events.
 * Queries ask by it and {@link StoredEvents} reads by it. What documents do not have has no entry.
 */
final class StoredFields {
    private static final String ADDRESS = "[0-9.]+|.*:.*";

    /** That a host is one of the agent's own services is known to the watcher only. */
    private static final Map<String, String> SERVICE = Map.of(ActContext.SERVICE, "requested");

    /** How one field is kept. */
    sealed interface Stored {
        /**
         * As text, compared as a whole.
         *
         * @param several true: a document can have more than one
         * @param emptyLeftOut true: events have it always, documents not where it is empty
         */
        record Text(String field, boolean several, boolean emptyLeftOut) implements Stored {}

        /** In documents that fit as they are read, but not so that the index can be asked for it. */
        record Unasked(Query guard, String field, boolean several) implements Stored {}

        /** Each in documents of its own. */
        record OneOf(List<Stored> parts) implements Stored {
            public OneOf {
                parts = List.copyOf(parts);
            }
        }

        /** The new path of what was moved, else the path. */
        record NewPath() implements Stored {}

        /** What was done to a file; an open for both is one word in documents and two values of events. */
        record Operation() implements Stored {
            static final String FIELD = "plumbline.operation";
        }

        /** The text of a field, in documents that fit. */
        record Guarded(Query guard, String field) implements Stored {}

        /** Addresses, which the engine has as IPv4 also where they came as mapped ones. */
        record Address(Query guard, String field, boolean domain) implements Stored {}

        /** The user's number, with a name for the first. */
        record User(String field) implements Stored {}

        /** A number times a factor; left out where it is zero. */
        record Number(Query guard, String field, long factor, boolean zeroLeftOut) implements Stored {}

        /**
         * One of a few values, each known by a query.
         *
         * @param shownAs values that documents have as another one
         */
        record Enumerated(Map<String, Query> values, Map<String, String> shownAs) implements Stored {
            Enumerated(Map<String, Query> values) {
                this(values, Map.of());
            }
        }
    }

    /** The log sources that documents have events of, in the order in which events name them. */
    static final Map<LogSource, StoredFields> ALL = all();

    private final Query source;
    private final Map<String, Stored> fields = new LinkedHashMap<>();

    private StoredFields(Query source) {
        this.source = source;
        text("SessionId", "plumbline.session");
        text("Tenant", "organization.id");
        text("Computer", "host.name");
        text("Channel", "plumbline.channel");
        fields.put("Truncated", new Stored.Text("plumbline.truncated", true, false));
    }

    private static Map<LogSource, StoredFields> all() {
        Map<LogSource, StoredFields> all = new LinkedHashMap<>();
        AgentEvents.LOG_SOURCES.stream().flatMap(List::stream).distinct().forEach(source -> of(source)
                .ifPresent(stored -> all.put(source, stored)));
        return Collections.unmodifiableMap(all);
    }

    /** Which documents are of the log source. */
    Query source() {
        return source;
    }

    /** How a field is kept; empty: documents do not have it. */
    Optional<Stored> field(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    /** All that documents of the log source have, by the field's name. */
    Map<String, Stored> fields() {
        return Collections.unmodifiableMap(fields);
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
                                        operations(EcsDocument.OPEN_WRITE, EcsDocument.OPEN_BOTH),
                                        succeeded(true)),
                                Query.all(
                                        action("file-changed"),
                                        succeeded(true),
                                        new Query.Not(operations("unlink", "rmdir", "chmod")))));
                    case "linux/file_access" ->
                        files(Query.any(
                                Query.all(
                                        action("file-opened"),
                                        operations(EcsDocument.OPEN_READ, EcsDocument.OPEN_BOTH)),
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
                    case "linux/syscall" -> syscall();
                    case "agent/plan" -> plan();
                    case "agent/prompt" -> prompt();
                    case "agent/message" -> message();
                    case "agent/approval" -> approval();
                    case "agent/task" -> task();
                    case "agent/session" -> session();
                    case "agent/deviation" -> deviation();
                    default -> null;
                });
    }

    private void text(String name, String field) {
        fields.put(name, new Stored.Text(field, false, false));
    }

    private void unasked(String name, String field) {
        fields.put(name, new Stored.Unasked(new Query.Exists(field), field, false));
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

    /** The program is not in the documents themselves: {@link Executables} puts it there when they are read. */
    private StoredFields actor() {
        unasked("Image", "process.executable");
        unasked("CommandLine", "process.command_line");
        return process();
    }

    private StoredFields process() {
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
        stored.fields.put("CommandLine", new Stored.Text("process.command_line", false, true));
        stored.fields.put("Arguments", new Stored.Text("process.args", true, true));
        stored.fields.put("EnvironmentNames", new Stored.Unasked(stored.source, "process.env_vars", true));
        stored.text("Sha256", "process.hash.sha256");
        return stored;
    }

    private static StoredFields files(Query source) {
        StoredFields stored = new StoredFields(source).actor().outcome();
        stored.fields.put("TargetFilename", new Stored.NewPath());
        stored.fields.put("SourceFilename", new Stored.Guarded(new Query.Exists("plumbline.new_path"), "file.path"));
        stored.fields.put("Operation", new Stored.Operation());
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
        // Whose a connection at the proxy is stands in no document, so the program is known of a part only.
        StoredFields stored = new StoredFields(Query.any(kernel, asked))
                .process()
                .outcome()
                .destination(Query.any(action("connected"), asked), asked);
        stored.fields.put("DestinationIp", new Stored.Address(action("connected"), "destination.address", true));
        stored.fields.put("SourceIp", new Stored.Address(action("accepted"), "source.address", false));
        stored.fields.put("SourcePort", new Stored.Number(action("accepted"), "source.port", 1, true));
        stored.fields.put(
                "Initiated", new Stored.Enumerated(either(Query.any(action("connected"), asked), action("accepted"))));
        stored.fields.put("Verdict", new Stored.Enumerated(Map.of("requested", asked), SERVICE));
        stored.fields.put("BytesOut", new Stored.Number(asked, "plumbline.egress.bytes_so_far", 1, true));
        return stored;
    }

    private static StoredFields listen() {
        StoredFields stored = new StoredFields(action("bound")).actor().outcome();
        Query internet = new Query.Exists("network.type");
        stored.fields.put("SourceIp", new Stored.Address(internet, "source.address", false));
        stored.fields.put("SourcePort", new Stored.Number(internet, "source.port", 1, true));
        stored.fields.put("TargetFilename", new Stored.Guarded(new Query.Not(internet), "source.address"));
        return stored;
    }

    private static StoredFields unixSocket() {
        StoredFields stored = new StoredFields(Query.all(
                        Query.any(action("connected"), action("accepted")),
                        new Query.Not(new Query.Exists("network.type"))))
                .actor()
                .outcome();
        stored.fields.put("Initiated", new Stored.Enumerated(either(action("connected"), action("accepted"))));
        stored.fields.put(
                "TargetFilename",
                new Stored.OneOf(List.of(
                        new Stored.Guarded(action("connected"), "destination.address"),
                        new Stored.Guarded(action("accepted"), "source.address"))));
        return stored;
    }

    private static StoredFields syscall() {
        StoredFields stored = new StoredFields(action("named-syscall")).actor().outcome();
        Query internet = new Query.Exists("network.type");
        stored.fields.put(
                "TargetFilename",
                new Stored.OneOf(List.of(
                        new Stored.Text("file.path", false, false),
                        new Stored.Guarded(new Query.Not(internet), "destination.address"))));
        stored.unasked("Syscall", "plumbline.syscall.name");
        stored.unasked("Arguments", "plumbline.syscall.text");
        stored.fields.put("DestinationIp", new Stored.Address(internet, "destination.address", false));
        stored.fields.put("DestinationPort", new Stored.Number(internet, "destination.port", 1, true));
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
        stored.fields.put("Verdict", new Stored.Enumerated(verdicts, SERVICE));
        stored.fields.put(
                "BytesOut",
                new Stored.OneOf(List.of(
                        new Stored.Number(requested, "plumbline.egress.bytes_so_far", 1, true),
                        new Stored.Number(decided, "source.bytes", 1, true))));
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
        stored.fields.put("TargetFilename", new Stored.Text("plumbline.call.paths", true, false));
        stored.text("Contradicts", "plumbline.call.contradicts");
        stored.unasked("Arguments", "plumbline.call.arguments");
        stored.unasked("Reason", "plumbline.call.stated_reason");
        stored.unasked("CurrentDirectory", "plumbline.call.cwd");
        stored.unasked("Gated", "plumbline.call.gated");
        stored.unasked("Escalation", "plumbline.call.escalation");
        return stored;
    }

    private static StoredFields toolResult() {
        StoredFields stored = new StoredFields(action("tool-result")).tool();
        stored.text("Outcome", "plumbline.call.outcome");
        stored.fields.put("DurationMs", new Stored.Number(action("tool-result"), "event.duration", 1_000_000, true));
        stored.unasked("Output", "message");
        stored.unasked("ExitCode", "plumbline.call.exit_code");
        return stored;
    }

    private static StoredFields plan() {
        StoredFields stored = new StoredFields(action("plan"));
        stored.text("CallId", "plumbline.call.id");
        stored.fields.put("Intent", new Stored.Unasked(stored.source, "plumbline.plan.items.text", true));
        return stored;
    }

    private static StoredFields prompt() {
        StoredFields stored = new StoredFields(action("prompt"));
        stored.unasked("Text", "message");
        return stored;
    }

    private static StoredFields message() {
        Query reasoning = action("reasoning");
        StoredFields stored = new StoredFields(Query.any(action("message"), reasoning));
        stored.unasked("Text", "message");
        stored.fields.put(
                "Author",
                new Stored.OneOf(List.of(
                        new Stored.Enumerated(Map.of("reasoning", reasoning)),
                        new Stored.Unasked(action("message"), "plumbline.message.role", false))));
        return stored;
    }

    private static StoredFields approval() {
        Query agent = action("approval-by-agent");
        Query person = action("approval-decided");
        Query requested = action("approval-requested");
        StoredFields stored = new StoredFields(Query.any(List.of(agent, person, requested)));
        stored.text("SubjectSha256", "plumbline.approval.subject_sha256");
        Map<String, Query> modes = new LinkedHashMap<>();
        modes.put("agent", agent);
        modes.put("person", person);
        Map<String, Query> decisions = new LinkedHashMap<>();
        decisions.put("approved", Query.all(person, equal("plumbline.approval.approved", true)));
        decisions.put("denied", Query.all(person, equal("plumbline.approval.approved", false)));
        decisions.put("requested", requested);
        stored.fields.put("Mode", new Stored.Enumerated(modes));
        stored.fields.put(
                "Decision",
                new Stored.OneOf(List.of(
                        new Stored.Enumerated(decisions),
                        new Stored.Unasked(agent, "plumbline.agent_approval.decision", false))));
        stored.fields.put(
                "Approver",
                new Stored.OneOf(List.of(
                        new Stored.Guarded(person, "user.name"),
                        new Stored.Unasked(agent, "plumbline.agent_approval.decided_by", false))));
        stored.fields.put("Reason", new Stored.Unasked(person, "event.reason", false));
        Query call = Query.any(agent, requested);
        stored.fields.put("CallId", new Stored.Guarded(call, "plumbline.call.id"));
        stored.fields.put("ToolName", new Stored.Guarded(call, "plumbline.call.tool"));
        return stored;
    }

    private static StoredFields task() {
        StoredFields stored = new StoredFields(action("task-assigned"));
        stored.unasked("Task", "message");
        stored.text("AgentName", "plumbline.agent.name");
        stored.text("User", "user.name");
        stored.unasked("Repository", "plumbline.task.workspace");
        stored.text("PolicyName", "plumbline.policy.name");
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
        Query declared = action("session-declared");
        stored.fields.put("Model", new Stored.Guarded(declared, "plumbline.agent.model"));
        stored.fields.put("DeclaredSandbox", new Stored.Unasked(declared, "plumbline.agent.declared_sandbox", false));
        stored.fields.put("CurrentDirectory", new Stored.Unasked(declared, "plumbline.agent.cwd", false));
        stored.fields.put("Limit", new Stored.Unasked(action("limit-reached"), "plumbline.limit.name", false));
        stored.fields.put(
                "Reason",
                new Stored.OneOf(List.of(
                        new Stored.Unasked(action("trace-loss"), "plumbline.loss.cause", false),
                        new Stored.Unasked(action("limit-reached"), "plumbline.limit.action", false),
                        new Stored.Unasked(
                                Query.any(
                                        action("session-ended"), action("runtime-state"), action("session-reconciled")),
                                "event.reason",
                                false))));
        return stored;
    }

    private static StoredFields deviation() {
        // What rules and the model find is no event for rules.
        StoredFields stored = new StoredFields(Query.all(
                action("alert-raised"),
                new Query.Not(
                        Query.any(equal("plumbline.alert.kind", "rule"), equal("plumbline.alert.kind", "off_plan")))));
        stored.text("Kind", "plumbline.alert.kind");
        stored.text("Severity", "plumbline.alert.severity");
        stored.text("Clause", "plumbline.alert.clause");
        stored.text("Title", "rule.name");
        stored.text("CallId", "plumbline.call.id");
        stored.unasked("Claim", "plumbline.alert.said");
        stored.unasked("Evidence", "plumbline.alert.seen");
        return stored;
    }
}
