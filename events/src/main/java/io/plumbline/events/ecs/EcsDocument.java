package io.plumbline.events.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.v1.AccessChanged;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationAnswered;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.ActiveSet;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.ApprovalState;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ExplainedPart;
import io.plumbline.events.v1.ExportRecorded;
import io.plumbline.events.v1.FileChanged;
import io.plumbline.events.v1.FileEdited;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.IntentScore;
import io.plumbline.events.v1.NamedSyscall;
import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessForked;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.RawSyscall;
import io.plumbline.events.v1.RuleExplanation;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.SessionDeclared;
import io.plumbline.events.v1.SessionReconciled;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ShadowCounted;
import io.plumbline.events.v1.SignInRecorded;
import io.plumbline.events.v1.SignedPolicy;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.SuppressionOrdered;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.events.v1.TriageNoted;
import io.plumbline.events.v1.UnmaskingRecorded;
import java.time.Instant;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/**
 * The Elastic Common Schema (ECS 9.x) rendering of events.
 *
 * <p>What ECS has a name for goes there ({@code process.*}, {@code file.*}, {@code destination.*}, {@code rule.*}); everything
 * else goes under the one object {@code plumbline}. Empty strings and unset fields are left out. Texts are copied as they came:
 * whoever shows them has to escape them.
 *
 * <p>{@code event.action} is the payload's field name in the contract with dashes ({@code process-started}), so the kind of an
 * event can be told from the document alone. Times are ISO-8601 in UTC with nanoseconds; a process is identified by
 * {@code process.entity_id} = {@code threadGroup@startNanoseconds}, never by its pid.
 */
public final class EcsDocument {
    /** Value of {@code ecs.version}. */
    public static final String ECS_VERSION = "9.2.0";

    /** Words of {@code plumbline.operation} for opened files. */
    public static final String OPEN_READ = "open_read";

    public static final String OPEN_WRITE = "open_write";

    /** One open for both; rules see each of the two. */
    public static final String OPEN_BOTH = "open_read_write";

    private static final int O_WRONLY = 01;
    private static final int O_ACCMODE = 03;
    private static final int O_CREAT = 0100;
    private static final int O_EXCL = 0200;
    private static final int O_TRUNC = 01000;
    private static final int OPENED_FOR_WRITING = O_ACCMODE | O_CREAT | O_TRUNC;

    private EcsDocument() {}

    /** The document of one event; its id in an index is {@code event.getId()}. */
    public static ObjectNode render(Event event) {
        Fields document = new Fields(JsonNodeFactory.instance.objectNode());
        document.put("@timestamp", timestamp(event.getEventTimeNs()));
        document.at("ecs").put("version", ECS_VERSION);
        Fields head = document.at("event");
        head.put("id", event.getId());
        head.put("module", "plumbline");
        head.put("dataset", "plumbline." + lower(event.getChannel().name()));
        head.put("action", action(event.getPayloadCase()));
        head.positive("sequence", event.getSeq());
        if (event.getObservedTimeNs() != 0) {
            head.put("created", timestamp(event.getObservedTimeNs()));
        }
        document.at("organization").put("id", event.getTenant());
        document.at("host").put("name", event.getHost());
        Fields own = document.at("plumbline");
        own.put("session", event.getSession());
        own.put("channel", lower(event.getChannel().name()));
        own.positive("seq", event.getSeq());
        own.strings("truncated", event.getTruncatedList());
        own.at("policy").positive("revision", event.getPolicyRevision());
        payload(event, document);
        dropEmptyObjects(document.node);
        return document.node;
    }

    /** The word in {@code event.action}: the payload's name with dashes, {@code payload-not-set} for an event without one. */
    public static String action(Event.PayloadCase payload) {
        return lower(payload.name()).replace('_', '-');
    }

    /** ISO-8601 in UTC for nanoseconds since the epoch. */
    public static String timestamp(long nanoseconds) {
        return Instant.ofEpochSecond(
                        Math.floorDiv(nanoseconds, 1_000_000_000L), Math.floorMod(nanoseconds, 1_000_000_000L))
                .toString();
    }

    private static void dropEmptyObjects(ObjectNode node) {
        Iterator<JsonNode> children = node.iterator();
        while (children.hasNext()) {
            if (children.next() instanceof ObjectNode child) {
                dropEmptyObjects(child);
                if (child.isEmpty()) {
                    children.remove();
                }
            }
        }
    }

    // A switch expression, although nobody reads its value: a payload that is added to the contract must not compile
    // here.
    @SuppressWarnings("UnusedVariable")
    private static void payload(Event event, Fields document) {
        Fields own = document.at("plumbline");
        Fields head = document.at("event");
        Fields described =
                switch (event.getPayloadCase()) {
                    case SESSION_DECLARED -> {
                        SessionDeclared declared = event.getSessionDeclared();
                        own.at("agent")
                                .put("name", declared.getAgent())
                                .put("version", declared.getAgentVersion())
                                .put("model", declared.getModel())
                                .put("session", declared.getAgentSession())
                                .put("declared_sandbox", declared.getDeclaredSandbox())
                                .put("cwd", declared.getCwd());
                        yield head.kind("event", "session", "start");
                    }
                    case PROMPT -> {
                        own.at("prompt").put("turn", event.getPrompt().getTurn());
                        document.put("message", event.getPrompt().getText());
                        yield head.kind("event", "session", "info");
                    }
                    case PLAN -> {
                        plan(event.getPlan(), own.at("plan"));
                        own.at("call").put("id", event.getPlan().getCall());
                        yield head.kind("event", "session", "info");
                    }
                    case REASONING -> {
                        document.put("message", event.getReasoning().getText());
                        yield head.kind("event", "session", "info");
                    }
                    case MESSAGE -> {
                        document.put("message", event.getMessage().getText());
                        own.at("message").put("role", event.getMessage().getRole());
                        yield head.kind("event", "session", "info");
                    }
                    case TOOL_CALL -> {
                        toolCall(event.getToolCall(), own.at("call"));
                        yield head.kind("event", "session", "start");
                    }
                    case TOOL_RESULT -> {
                        toolResult(event.getToolResult(), own.at("call"), head);
                        document.put("message", event.getToolResult().getOutput());
                        yield head.kind("event", "session", "end");
                    }
                    case APPROVAL_BY_AGENT -> {
                        own.at("call")
                                .put("id", event.getApprovalByAgent().getCall())
                                .put("tool", event.getApprovalByAgent().getTool());
                        own.at("agent_approval")
                                .put("decision", event.getApprovalByAgent().getDecision())
                                .put("decided_by", event.getApprovalByAgent().getDecidedBy());
                        yield head.kind("event", "session", "info");
                    }
                    case RAW_CLAIM -> {
                        own.at("raw")
                                .put("source", event.getRawClaim().getSource())
                                .put("json", event.getRawClaim().getJson());
                        yield head.kind("event", "session", "info");
                    }
                    case SESSION_ENDED -> {
                        head.put("reason", event.getSessionEnded().getReason());
                        yield head.kind("event", "session", "end");
                    }
                    case PROCESS_STARTED -> {
                        processStarted(event.getProcessStarted(), document);
                        yield head.kind("event", "process", "start");
                    }
                    case PROCESS_EXITED -> {
                        Fields process = actor(event.getProcessExited().getActor(), document)
                                .at("process");
                        int status = event.getProcessExited().getWaitStatus();
                        process.number(
                                "exit_code", (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f));
                        own.number("wait_status", status);
                        yield head.kind("event", "process", "end");
                    }
                    case PROCESS_FORKED -> {
                        ProcessForked forked = event.getProcessForked();
                        actor(forked.getActor(), document);
                        own.at("child")
                                .put("entity_id", entity(forked.getChild()))
                                .number("pid", forked.getChild().getThreadGroup())
                                .number("thread", forked.getChildThread());
                        own.number("flags", forked.getFlags());
                        yield head.kind("event", "process", "start");
                    }
                    case FILE_OPENED -> {
                        fileOpened(event.getFileOpened(), document);
                        yield head.kind("event", "file", "access");
                    }
                    case FILE_CHANGED -> {
                        FileChanged changed = event.getFileChanged();
                        actor(changed.getActor(), document);
                        document.at("file").put("path", changed.getPath());
                        own.put("operation", changed.getOperation())
                                .put("new_path", changed.getNewPath())
                                .put("source", changed.getSource());
                        if (changed.getAmbiguous()) {
                            own.flag("ambiguous", true);
                        }
                        outcome(changed.getError(), document);
                        yield head.kind(
                                "event",
                                "file",
                                switch (changed.getOperation()) {
                                    case "unlink", "rmdir" -> "deletion";
                                    case "mkdir", "link", "symlink" -> "creation";
                                    default -> "change";
                                });
                    }
                    case CONNECTED -> {
                        actor(event.getConnected().getActor(), document);
                        endpoint(event.getConnected().getPeer(), document.at("destination"), document);
                        outcome(event.getConnected().getError(), document);
                        yield head.kind("event", "network", "start");
                    }
                    case BOUND -> {
                        actor(event.getBound().getActor(), document);
                        endpoint(event.getBound().getLocal(), document.at("source"), document);
                        outcome(event.getBound().getError(), document);
                        yield head.kind("event", "network", "info");
                    }
                    case ACCEPTED -> {
                        actor(event.getAccepted().getActor(), document);
                        endpoint(event.getAccepted().getPeer(), document.at("source"), document);
                        outcome(event.getAccepted().getError(), document);
                        yield head.kind("event", "network", "start");
                    }
                    case RAW_SYSCALL -> {
                        RawSyscall raw = event.getRawSyscall();
                        actor(raw.getActor(), document);
                        own.at("syscall").number("number", raw.getNumber());
                        // Arguments are unsigned; beyond 2^63 they would not fit the index's long.
                        own.at("syscall")
                                .strings(
                                        "arguments",
                                        raw.getArgumentsList().stream()
                                                .map(Long::toUnsignedString)
                                                .toList());
                        outcome(raw.getError(), document);
                        yield head.kind("event", "process", "info");
                    }
                    case NAMED_SYSCALL -> {
                        NamedSyscall named = event.getNamedSyscall();
                        actor(named.getActor(), document);
                        if (!named.getPath().isEmpty()) {
                            document.at("file").put("path", named.getPath());
                        }
                        if (named.hasPeer()) {
                            endpoint(named.getPeer(), document.at("destination"), document);
                        }
                        own.at("syscall").put("name", named.getName()).put("text", named.getText());
                        outcome(named.getError(), document);
                        yield head.kind("event", named.hasPeer() ? "network" : "process", "info");
                    }
                    case SESSION_RECONCILED -> {
                        reconciled(event.getSessionReconciled(), own, head);
                        yield head.kind("metric", "host", "end");
                    }
                    case EGRESS_REQUESTED -> {
                        egressRequested(event.getEgressRequested(), document);
                        yield head.kind("event", "network", "start");
                    }
                    case EGRESS_DECIDED -> {
                        egressDecided(event.getEgressDecided(), document);
                        yield head.kind(
                                "event",
                                "network",
                                event.getEgressDecided().getClosed()
                                        ? "end"
                                        : event.getEgressDecided().getAllowed() ? "allowed" : "denied");
                    }
                    case TRACE_LOSS -> {
                        own.at("loss")
                                .number("dropped", event.getTraceLoss().getDropped())
                                .number("dropped_total", event.getTraceLoss().getDroppedTotal())
                                .put("cause", event.getTraceLoss().getCause());
                        head.put("outcome", "failure");
                        yield head.kind("pipeline_error", "host", "info");
                    }
                    case HEARTBEAT -> {
                        own.at("heartbeat")
                                .number("last_claims_seq", event.getHeartbeat().getLastClaimsSeq())
                                .number(
                                        "last_evidence_seq",
                                        event.getHeartbeat().getLastEvidenceSeq())
                                .number("dropped_total", event.getHeartbeat().getDroppedTotal())
                                .put("host_version", event.getHeartbeat().getHostVersion())
                                .number("spool_bytes", event.getHeartbeat().getSpoolBytes())
                                .number(
                                        "spool_limit_bytes",
                                        event.getHeartbeat().getSpoolLimitBytes());
                        yield head.kind("metric", "host", "info");
                    }
                    case RUNTIME_STATE -> {
                        runtimeState(event.getRuntimeState(), own, head);
                        yield head.kind(
                                "state",
                                "host",
                                switch (event.getRuntimeState().getState()) {
                                    case CREATED, RUNNING -> "start";
                                    case KILLED, EXITED, FAILED -> "end";
                                    case FROZEN -> "change";
                                    case STATE_UNSPECIFIED, UNRECOGNIZED -> "info";
                                });
                    }
                    case EVIDENCE_COLLECTED -> {
                        own.at("collected")
                                .put("kind", event.getEvidenceCollected().getKind())
                                .put("json", event.getEvidenceCollected().getJson())
                                .put("order", event.getEvidenceCollected().getOrder())
                                .put("sha256", event.getEvidenceCollected().getSha256())
                                .positive("part", event.getEvidenceCollected().getPart());
                        own.at("collected")
                                .positive("parts", event.getEvidenceCollected().getParts());
                        yield head.kind("event", "host", "info");
                    }
                    case FILE_EDITED -> {
                        FileEdited edited = event.getFileEdited();
                        document.at("file").put("path", edited.getPath());
                        own.at("edit")
                                .put("call", edited.getCall())
                                .put("announced_sha256", edited.getAnnouncedSha256())
                                .put("written_sha256", edited.getWrittenSha256())
                                .put("uncompared", edited.getUncompared());
                        own.at("edit")
                                .flag("blanks_only", edited.getBlanksOnly())
                                .flag("untold", edited.getUntold())
                                .flag("failed", edited.getFailed());
                        yield head.kind("event", "file", "info");
                    }
                    case CHANGES_FOUND -> {
                        own.at("changes")
                                .put("sha256", event.getChangesFound().getChangesSha256())
                                .number("added", event.getChangesFound().getAdded())
                                .number("changed", event.getChangesFound().getChanged())
                                .number("deleted", event.getChangesFound().getDeleted())
                                .strings("paths", event.getChangesFound().getPathsList())
                                .strings(
                                        "protected_paths",
                                        event.getChangesFound().getProtectedPathsList())
                                .put("diff", event.getChangesFound().getDiff());
                        yield head.kind("event", "file", "change");
                    }
                    case REVIEW_DECIDED -> {
                        own.at("review")
                                .put("changes_sha256", event.getReviewDecided().getChangesSha256())
                                .flag("accepted", event.getReviewDecided().getAccepted())
                                .put("failure", event.getReviewDecided().getFailure());
                        user(event.getReviewDecided().getDecidedBy(), document);
                        head.put("reason", event.getReviewDecided().getReason());
                        yield head.kind("event", "iam", event.getReviewDecided().getAccepted() ? "allowed" : "denied");
                    }
                    case LIMIT_REACHED -> {
                        own.at("limit")
                                .put("name", event.getLimitReached().getLimit())
                                .number("used", event.getLimitReached().getUsed())
                                .number("allowed", event.getLimitReached().getAllowed())
                                .put("action", event.getLimitReached().getAction());
                        yield head.kind("event", "host", "info");
                    }
                    case TASK_ASSIGNED -> {
                        taskAssigned(event.getTaskAssigned(), document);
                        yield head.kind("event", "configuration", "creation");
                    }
                    case POLICY_CONFIRMED -> {
                        own.at("policy")
                                .put("name", event.getPolicyConfirmed().getPolicy())
                                .number("revision", event.getPolicyConfirmed().getRevision());
                        own.at("policy")
                                .put("statement", event.getPolicyConfirmed().getStatementSha256())
                                .put("key", event.getPolicyConfirmed().getSignedBy())
                                .strings(
                                        "at_next_start",
                                        event.getPolicyConfirmed().getAtNextStartList());
                        if (event.getPolicyConfirmed().hasInForce()) {
                            own.at("policy")
                                    .put(
                                            "in_force",
                                            inForce(event.getPolicyConfirmed().getInForce()));
                        }
                        own.at("runtime").put("name", event.getPolicyConfirmed().getRuntime());
                        yield head.kind("event", "configuration", "change");
                    }
                    case POLICY_REVISED -> {
                        SignedPolicy signed = event.getPolicyRevised().getSigned();
                        own.at("policy").put("statement", PolicyStatements.sha256(signed));
                        own.at("policy").put("key", signed.getKey());
                        order(
                                event.getPolicyRevised().getReason(),
                                event.getPolicyRevised().getRevisedBy(),
                                event.getPolicyRevised().getCause(),
                                document);
                        yield head.kind("event", "configuration", "change");
                    }
                    case POLICY_REFUSED -> {
                        own.at("policy")
                                .number("revision", event.getPolicyRefused().getRevision())
                                .put("statement", event.getPolicyRefused().getStatementSha256());
                        own.put("order", event.getPolicyRefused().getOrder());
                        head.put("reason", event.getPolicyRefused().getReason());
                        yield head.kind("event", "configuration", "denied");
                    }
                    case APPROVAL_DECIDED -> {
                        own.at("approval")
                                .put("id", event.getApprovalDecided().getApproval())
                                .flag("approved", event.getApprovalDecided().getApproved())
                                .positive(
                                        "session_seconds",
                                        event.getApprovalDecided().getSessionSeconds())
                                .put(
                                        "subject_sha256",
                                        event.getApprovalDecided().getSubjectSha256());
                        user(event.getApprovalDecided().getDecidedBy(), document);
                        head.put("reason", event.getApprovalDecided().getReason());
                        yield head.kind(
                                "event", "iam", event.getApprovalDecided().getApproved() ? "allowed" : "denied");
                    }
                    case FREEZE_ORDERED -> {
                        order(
                                event.getFreezeOrdered().getReason(),
                                event.getFreezeOrdered().getOrderedBy(),
                                event.getFreezeOrdered().getCause(),
                                document);
                        yield head.kind("event", "intrusion_detection", "change");
                    }
                    case THAW_ORDERED -> {
                        order(
                                event.getThawOrdered().getReason(),
                                event.getThawOrdered().getOrderedBy(),
                                event.getThawOrdered().getCause(),
                                document);
                        own.strings("accepted", event.getThawOrdered().getAcceptedList());
                        yield head.kind("event", "intrusion_detection", "change");
                    }
                    case KILL_ORDERED -> {
                        order(
                                event.getKillOrdered().getReason(),
                                event.getKillOrdered().getOrderedBy(),
                                event.getKillOrdered().getCause(),
                                document);
                        yield head.kind("event", "intrusion_detection", "change");
                    }
                    case RULE_SET_ACTIVATED -> {
                        document.at("rule")
                                .put("ruleset", event.getRuleSetActivated().getRuleSet());
                        own.put("sha256", event.getRuleSetActivated().getSha256());
                        activation(event.getRuleSetActivated().getActivation(), document);
                        yield head.kind("event", "configuration", "change");
                    }
                    case ACTIVATION_PROPOSED -> {
                        Activation proposed = event.getActivationProposed().getActivation();
                        proposed(proposed, document);
                        activation(proposed, document);
                        yield head.kind("event", "configuration", "info");
                    }
                    case MODEL_ACTIVATED -> {
                        own.put("model", event.getModelActivated().getModel())
                                .put("sha256", event.getModelActivated().getSha256());
                        activation(event.getModelActivated().getActivation(), document);
                        yield head.kind("event", "configuration", "change");
                    }
                    case TRIAGE_NOTED -> {
                        triageNoted(event.getTriageNoted(), own.at("triage"));
                        head.put("reason", event.getTriageNoted().getNote());
                        user(event.getTriageNoted().getNotedBy(), document);
                        yield head.kind("event", "intrusion_detection", "change");
                    }
                    case SIGN_IN_RECORDED -> {
                        SignInRecorded signIn = event.getSignInRecorded();
                        user(signIn.getPerson(), document);
                        document.at("source").put("address", signIn.getAddress());
                        own.at("access")
                                .put("act", signIn.getOutcome())
                                .put("method", signIn.getMethod())
                                .positive("refused_unseen", signIn.getRefusedUnseen());
                        if (signIn.getLockedUntilNs() != 0) {
                            own.at("access").put("locked_until", timestamp(signIn.getLockedUntilNs()));
                        }
                        boolean refused = signIn.getOutcome().equals("failed")
                                || signIn.getOutcome().equals("locked");
                        head.put("outcome", refused ? "failure" : "success");
                        yield head.kind(
                                "event", "authentication", signIn.getOutcome().equals("signed_out") ? "end" : "start");
                    }
                    case UNMASKING_RECORDED -> {
                        UnmaskingRecorded unmasking = event.getUnmaskingRecorded();
                        user(unmasking.getViewedBy(), document);
                        head.put("reason", unmasking.getReason());
                        own.at("access").put("act", "unmasked").put("event", unmasking.getEvent());
                        yield head.kind("event", "iam", "info");
                    }
                    case EXPORT_RECORDED -> {
                        ExportRecorded export = event.getExportRecorded();
                        user(export.getExportedBy(), document);
                        own.at("access")
                                .put("act", "exported")
                                .put("what", export.getWhat())
                                .put("query", export.getQuery())
                                .put("format", export.getFormat());
                        yield head.kind("event", "iam", "info");
                    }
                    case ACCESS_CHANGED -> {
                        AccessChanged changed = event.getAccessChanged();
                        user(changed.getChangedBy(), document);
                        own.at("access")
                                .put("act", changed.getWhat())
                                .put("person", changed.getPerson())
                                .put("token", changed.getToken())
                                .strings("roles", changed.getRolesList());
                        if (changed.getExpiresNs() != 0) {
                            own.at("access").put("expires", timestamp(changed.getExpiresNs()));
                        }
                        yield head.kind("event", "iam", "change");
                    }
                    case SUPPRESSION_ORDERED -> {
                        suppressionOrdered(event.getSuppressionOrdered(), own.at("suppression"));
                        head.put("reason", event.getSuppressionOrdered().getReason());
                        user(event.getSuppressionOrdered().getOrderedBy(), document);
                        yield head.kind("event", "intrusion_detection", "change");
                    }
                    case SUPPRESSION_ENDED -> {
                        own.at("suppression")
                                .put("id", event.getSuppressionEnded().getSuppression());
                        head.put("reason", event.getSuppressionEnded().getReason());
                        user(event.getSuppressionEnded().getEndedBy(), document);
                        yield head.kind("event", "intrusion_detection", "change");
                    }
                    case GATE_ANSWERED -> {
                        gateAnswered(event.getGateAnswered(), own);
                        yield head.kind(
                                "event",
                                "intrusion_detection",
                                switch (event.getGateAnswered().getDecision()) {
                                    case ALLOW -> "allowed";
                                    case DENY -> "denied";
                                    case ASK, GATE_UNSPECIFIED, UNRECOGNIZED -> "info";
                                });
                    }
                    case EGRESS_ANSWERED -> {
                        own.put("cause", event.getEgressAnswered().getCause());
                        own.at("egress")
                                .number("connection", event.getEgressAnswered().getConnection())
                                .flag("allowed", event.getEgressAnswered().getAllowed())
                                .put("reason", event.getEgressAnswered().getReason());
                        yield head.kind(
                                "event", "network", event.getEgressAnswered().getAllowed() ? "allowed" : "denied");
                    }
                    case APPROVAL_REQUESTED -> {
                        approvalRequested(event.getApprovalRequested(), own, head);
                        yield head.kind("event", "iam", "info");
                    }
                    case APPROVAL_SETTLED -> {
                        approvalSettled(event.getApprovalSettled(), own, head);
                        yield head.kind(
                                "event",
                                "iam",
                                event.getApprovalSettled().getState() == ApprovalState.APPROVAL_APPROVED
                                        ? "allowed"
                                        : "info");
                    }
                    case ALERT_RAISED -> {
                        alertRaised(event.getAlertRaised(), document);
                        yield head.kind("alert", "intrusion_detection", "info");
                    }
                    case SESSION_RISK -> {
                        head.number("risk_score", event.getSessionRisk().getRisk());
                        own.at("risk")
                                .number("total", event.getSessionRisk().getRisk())
                                .number("added", event.getSessionRisk().getAdded())
                                .put("step", event.getSessionRisk().getStep());
                        own.put("cause", event.getSessionRisk().getCause());
                        yield head.kind("metric", "intrusion_detection", "info");
                    }
                    case JUDGED -> {
                        document.at("rule").put("ruleset", event.getJudged().getRuleSet());
                        own.put("model", event.getJudged().getModel());
                        own.at("policy")
                                .put("name", event.getJudged().getPolicy())
                                .number("revision", event.getJudged().getPolicyRevision());
                        own.number("telemetry_seq", event.getJudged().getTelemetrySeq());
                        own.at("judged")
                                .put("from_event", event.getJudged().getFromEvent())
                                .put(
                                        "from_channel",
                                        lower(event.getJudged().getFromChannel().name()))
                                .put("rule_set_sha256", event.getJudged().getRuleSetSha256())
                                .positive("windows_dropped", event.getJudged().getWindowsDropped());
                        yield head.kind("state", "configuration", "info");
                    }
                    case ACTIVATION_ANSWERED -> {
                        activationAnswered(event.getActivationAnswered(), document);
                        yield head.kind(
                                "event",
                                "configuration",
                                event.getActivationAnswered().getAccepted() ? "change" : "denied");
                    }
                    case SCORES_COUNTED -> {
                        Fields scores = own.at("scores")
                                .put("model", event.getScoresCounted().getModel())
                                .positive("not_scored", event.getScoresCounted().getNotScored());
                        for (int bin = 0; bin < event.getScoresCounted().getCountsCount(); bin++) {
                            scores.number("bin_" + bin, event.getScoresCounted().getCounts(bin));
                        }
                        yield head.kind("metric", "intrusion_detection", "info");
                    }
                    case SHADOW_COUNTED -> {
                        shadowCounted(event.getShadowCounted(), own);
                        yield head.kind("metric", "configuration", "info");
                    }
                    case WORKSPACE_IDENTIFIED -> {
                        own.at("workspace")
                                .put("sha256", event.getWorkspaceIdentified().getWorkspaceSha256());
                        yield head.kind("event", "configuration", "info");
                    }
                    case CANARY_REPORTED -> {
                        CanaryReported canary = event.getCanaryReported();
                        own.at("canary")
                                .flag("proven", canary.getProven())
                                .number("freeze_ns", canary.getFreezeNs())
                                .number("thaw_ns", canary.getThawNs())
                                .number("round", canary.getRound());
                        head.put("reason", canary.getProblem());
                        head.put("outcome", canary.getProven() ? "success" : "failure");
                        yield head.kind("event", "host", "info");
                    }
                    case AGENT_CONFIGURATION -> {
                        agentConfiguration(event.getAgentConfiguration(), own);
                        yield head.kind("state", "configuration", "info");
                    }
                    case PATH_PROBED -> {
                        own.number("round", event.getPathProbed().getRound());
                        yield head.kind("event", "host", "info");
                    }
                    case TICK -> {
                        if (event.getTick().getSilentSinceNs() > 0) {
                            own.put("silent_since", timestamp(event.getTick().getSilentSinceNs()));
                        }
                        yield head.kind("event", "host", "info");
                    }
                    case PROBE_ANSWERED -> {
                        own.put("cause", event.getProbeAnswered().getCause());
                        yield head.kind("event", "host", "info");
                    }
                    case PAYLOAD_NOT_SET -> head.kind("event", "host", "info");
                };
    }

    private static void plan(Plan plan, Fields target) {
        ArrayNode items = target.node.putArray("items");
        for (PlanItem item : plan.getItemsList()) {
            new Fields(items.addObject())
                    .put("text", item.getText())
                    .put("status", item.getStatus())
                    .put("item", item.getItem());
        }
        target.flag("incremental", plan.getIncremental());
    }

    private static void agentConfiguration(AgentConfiguration configuration, Fields own) {
        own.at("agent_configuration")
                .put("moment", configuration.getMoment())
                .put("version", configuration.getAgentVersion())
                .strings(
                        "files",
                        configuration.getFilesList().stream()
                                .map(file ->
                                        file.getPath() + " " + file.getSha256() + (file.getPinned() ? " pinned" : ""))
                                .toList())
                .strings(
                        "mcp_servers",
                        configuration.getMcpServersList().stream()
                                .map(server -> server.getName() + ": " + String.join(" ", server.getArgvList()))
                                .toList());
    }

    private static void toolCall(ToolCall call, Fields target) {
        target.put("id", call.getCall())
                .put("tool", call.getTool())
                .put("arguments", call.getArgumentsJson())
                .put("command", call.getCommand())
                .strings("paths", call.getPathsList())
                .put("stated_reason", call.getStatedReason())
                .put("cwd", call.getCwd())
                .put("real_cwd", call.getRealCwd())
                .put("source", call.getSource())
                .put("mcp_server", call.getMcpServer())
                .put("mcp_tool", call.getMcpTool())
                .put("contradicts", call.getContradicts())
                .flag("gated", call.getGated())
                .flag("escalation", call.getEscalation());
    }

    private static void toolResult(ToolResult result, Fields target, Fields head) {
        target.put("id", result.getCall())
                .put("tool", result.getTool())
                .put("outcome", result.getOutcome())
                .put("mcp_server", result.getMcpServer())
                .put("mcp_tool", result.getMcpTool())
                .put("source", result.getSource());
        if (result.hasExitCode()) {
            target.number("exit_code", result.getExitCode());
        }
        head.positive("duration", result.getDurationMs() * 1_000_000L);
        head.put(
                "outcome",
                switch (result.getOutcome()) {
                    case "success" -> "success";
                    case "failure", "denied" -> "failure";
                    default -> "unknown";
                });
    }

    private static void processStarted(ProcessStarted started, Fields document) {
        Fields process = actor(started.getActor(), document).at("process");
        process.put("executable", started.getBinary());
        process.strings("args", started.getArgvList());
        process.positive("args_count", started.getArgvCount());
        process.put("command_line", String.join(" ", started.getArgvList()));
        process.strings("env_vars", started.getEnvNamesList());
        document.at("plumbline")
                .strings(
                        "steering",
                        started.getSteeringList().stream()
                                .map(variable -> variable.getName() + " "
                                        + (variable.getSeveral() ? "several" : variable.getSha256()))
                                .toList());
        process.at("hash").put("sha256", started.getSha256());
        if (!started.getUnhashed().isEmpty()) {
            document.at("plumbline").put("unhashed", started.getUnhashed());
        }
        if (started.getFirst()) {
            document.at("plumbline").flag("first", true);
        }
        document.at("event").put("outcome", started.getFailed() ? "failure" : "success");
    }

    private static void fileOpened(FileOpened opened, Fields document) {
        actor(opened.getActor(), document);
        document.at("file").put("path", opened.getPath());
        if (opened.getMode() != 0) {
            document.at("file").put("mode", String.format(Locale.ROOT, "%04o", opened.getMode()));
        }
        List<String> operations = openedFor(opened);
        document.at("plumbline")
                .number("flags", opened.getFlags())
                .put("operation", operations.size() == 1 ? operations.getFirst() : OPEN_BOTH);
        outcome(opened.getError(), document);
    }

    /**
     * What a file was opened for: {@link #OPEN_READ}, {@link #OPEN_WRITE}, or both. An open that makes or empties the file reads nothing that
     * was there.
     */
    public static List<String> openedFor(FileOpened opened) {
        int flags = opened.getFlags();
        if ((flags & OPENED_FOR_WRITING) == 0) {
            return List.of(OPEN_READ);
        }
        boolean reads = (flags & O_ACCMODE) != O_WRONLY
                && (flags & O_TRUNC) == 0
                && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
        return reads ? List.of(OPEN_READ, OPEN_WRITE) : List.of(OPEN_WRITE);
    }

    private static void reconciled(SessionReconciled end, Fields own, Fields head) {
        Fields counts = own.at("reconciled");
        counts.flag("complete", end.getComplete())
                .number("processes_started", end.getProcessesStarted())
                .number("processes_exited", end.getProcessesExited())
                .number("messages", end.getMessages())
                .number("dropped_by_runtime", end.getDroppedByRuntime())
                .number("listener_lost", end.getListenerLost())
                .number("undecodable", end.getUndecodable())
                .number("lines", end.getLines())
                .number("lines_undecodable", end.getLinesUndecodable());
        Fields events = counts.at("events");
        end.getEventsList().forEach(count -> events.number(count.getPayload(), count.getCount()));
        head.put("outcome", end.getComplete() ? "success" : "failure").put("reason", end.getReason());
    }

    private static void egressRequested(EgressRequested requested, Fields document) {
        document.at("destination").put("domain", requested.getHost()).positive("port", requested.getPort());
        document.at("http").at("request").put("method", requested.getMethod());
        document.at("url").put("full", requested.getUrl());
        Fields egress = document.at("plumbline")
                .at("egress")
                .number("connection", requested.getConnection())
                .flag("held", requested.getHeld())
                .positive("bytes_so_far", requested.getBytesSoFar());
        if (requested.getUnknown()) {
            egress.flag("unknown", true);
        }
        if (requested.getUpload()) {
            egress.flag("upload", true);
        }
    }

    private static void egressDecided(EgressDecided decided, Fields document) {
        document.at("destination")
                .put("domain", decided.getHost())
                .positive("port", decided.getPort())
                .put("address", decided.getResolvedAddress());
        document.at("http").at("request").put("method", decided.getMethod());
        document.at("url").put("full", decided.getUrl());
        document.at("source").positive("bytes", decided.getBytesOut());
        document.at("destination").positive("bytes", decided.getBytesIn());
        document.at("plumbline")
                .at("egress")
                .number("connection", decided.getConnection())
                .flag("allowed", decided.getAllowed())
                .put("reason", decided.getReason())
                .put("detail", decided.getDetail())
                .put("verdict", decided.getVerdict())
                .flag("closed", decided.getClosed());
        document.at("event").put("outcome", decided.getAllowed() ? "success" : "failure");
    }

    private static void runtimeState(RuntimeState state, Fields own, Fields head) {
        Fields runtime = own.at("runtime")
                .put("state", state(state.getState()))
                .put("order", state.getOrder())
                .put("name", state.getRuntime())
                .put("mechanism", state.getMechanism())
                .flag("degraded", state.getDegraded());
        if (state.getState() == RuntimeState.State.EXITED) {
            runtime.number("exit_code", state.getExitCode());
        }
        if (state.hasStages()) {
            StageTimes stages = state.getStages();
            runtime.at("stages")
                    .positive("kernel_ns", stages.getKernelNs())
                    .positive("host_observed_ns", stages.getHostObservedNs())
                    .positive("ingest_received_ns", stages.getIngestReceivedNs())
                    .positive("job_received_ns", stages.getJobReceivedNs())
                    .positive("job_decided_ns", stages.getJobDecidedNs())
                    .positive("ingest_delivered_ns", stages.getIngestDeliveredNs())
                    .positive("host_received_ns", stages.getHostReceivedNs())
                    .positive("done_ns", stages.getDoneNs());
        }
        head.put("reason", state.getReason());
        head.put("outcome", state.getState() == RuntimeState.State.FAILED ? "failure" : "success");
    }

    private static void taskAssigned(TaskAssigned assigned, Fields document) {
        Fields own = document.at("plumbline");
        document.put("message", assigned.getTask());
        user(assigned.getAssignedBy(), document);
        own.at("agent").put("name", assigned.getAgent()).put("called", assigned.getAgentName());
        own.at("task")
                .put("workspace", assigned.getWorkspace())
                .put("home", assigned.getHome())
                .strings("command", assigned.getCommandList());
        TaskPolicy policy = assigned.getPolicy();
        own.at("policy")
                .put("name", policy.getName())
                .number("revision", policy.getRevision())
                .strings(
                        "files",
                        policy.getFilesList().stream()
                                .map((PathRule rule) -> rule.getAccess() + " " + rule.getGlob())
                                .toList())
                .strings(
                        "egress",
                        policy.getEgressList().stream()
                                .map((EgressRule rule) -> rule.getHost() + ":" + rule.getPort())
                                .toList())
                .strings("tools_ask", policy.getToolsAskList())
                .strings("tools_deny", policy.getToolsDenyList())
                .strings("decoys", policy.getDecoysList())
                .put("honeytoken_freeze", policy.getHoneytokenFreeze())
                .put("metadata_freeze", policy.getMetadataFreeze())
                .put("degraded", policy.getDegraded())
                .number("alert_at", policy.getAlertAt())
                .number("ask_at", policy.getAskAt())
                .number("freeze_at", policy.getFreezeAt())
                .put("workspace_mode", policy.getWorkspaceMode())
                .put("in_force", inForce(policy));
    }

    /** The whole policy, base64 of the contract's {@code TaskPolicy}. */
    private static String inForce(TaskPolicy policy) {
        return Base64.getEncoder().encodeToString(policy.toByteArray());
    }

    private static void gateAnswered(GateAnswered answered, Fields own) {
        own.put("cause", answered.getCause());
        own.at("call").put("id", answered.getCall());
        own.at("gate")
                .put("decision", lower(answered.getDecision().name()))
                .put("reason", answered.getReason())
                .put("approval", answered.getApproval());
    }

    private static void approvalRequested(ApprovalRequested requested, Fields own, Fields head) {
        own.put("cause", requested.getCause());
        own.at("call")
                .put("id", requested.getCall())
                .put("tool", requested.getTool())
                .put("stated_reason", requested.getStatedReason());
        own.at("approval")
                .put("id", requested.getApproval())
                .put("subject", requested.getSubject())
                .put("subject_sha256", requested.getSubjectSha256())
                .put("clause", requested.getClause())
                .put("tier", severity(requested.getTier()))
                .put("deadline", timestamp(requested.getDeadlineNs()))
                .put("expected", requested.getExpected())
                .strings("environment", requested.getEnvironmentList())
                .strings("uninspectable", requested.getUninspectableList())
                .positive("people", requested.getPeople())
                .positive("session_seconds", requested.getSessionSeconds());
        head.number("severity", requested.getTier().getNumber());
    }

    private static void approvalSettled(ApprovalSettled settled, Fields own, Fields head) {
        Fields approval = own.at("approval")
                .put("id", settled.getApproval())
                .put("state", approvalState(settled.getState()))
                .strings("people", settled.getPeopleList());
        if (settled.getSessionUntilNs() != 0) {
            approval.put("session_until", timestamp(settled.getSessionUntilNs()));
        }
        head.put("reason", settled.getReason());
    }

    /** The lower-case word of what became of an approval, such as {@code timed_out}; {@code unknown} when it was not set. */
    public static String approvalState(ApprovalState state) {
        return switch (state) {
            case APPROVAL_STATE_UNSPECIFIED, UNRECOGNIZED -> "unknown";
            default -> lower(state.name().substring("APPROVAL_".length()));
        };
    }

    private static void alertRaised(AlertRaised alert, Fields document) {
        String kind = lower(alert.getKind().name());
        document.at("rule")
                .put("name", alert.getTitle())
                .put("id", alert.getClause())
                .put("category", kind);
        document.put("message", alert.getWhy());
        document.at("event")
                .number("severity", alert.getSeverity().getNumber())
                .number("risk_score", alert.getRisk())
                .put("reason", alert.getWhy());
        document.at("plumbline").at("call").put("id", alert.getCall());
        document.at("plumbline")
                .at("alert")
                .put("kind", kind)
                .put("severity", severity(alert.getSeverity()))
                .put("title", alert.getTitle())
                .put("said", alert.getSaid())
                .put("seen", alert.getSeen())
                .put("why", alert.getWhy())
                .put("clause", alert.getClause())
                .put("scope", alert.getScope())
                .put("deviation", alert.getDeviation())
                .put("expected", alert.getExpected())
                .put("accepted_by", alert.getAcceptedBy())
                .put("act_kind", alert.getActKind())
                .strings("evidence", alert.getEvidenceList())
                .number("risk_added", alert.getRiskAdded())
                .number("risk", alert.getRisk());
        if (alert.hasExplanation()) {
            RuleExplanation explanation = alert.getExplanation();
            document.at("rule")
                    .put("uuid", explanation.getRule())
                    .put("version", explanation.getRuleVersion())
                    .put("author", explanation.getAuthor())
                    .put("license", explanation.getLicense())
                    .put("ruleset", explanation.getSetSha256());
            document.at("plumbline").at("alert").node.set("explanation", explanation(explanation));
        }
        if (alert.hasIntentScore()) {
            document.at("plumbline").at("alert").node.set("intent", intent(alert.getIntentScore()));
        }
    }

    /** A rule's explanation as it stands in documents. */
    public static ObjectNode explanation(RuleExplanation explanation) {
        Fields fields = new Fields(JsonNodeFactory.instance.objectNode());
        fields.put("rule", explanation.getRule())
                .put("rule_version", explanation.getRuleVersion())
                .put("set_sha256", explanation.getSetSha256())
                .put("author", explanation.getAuthor())
                .put("license", explanation.getLicense());
        if (explanation.hasTree()) {
            part(explanation.getTree(), fields.at("tree"));
        }
        return fields.flag("cut", explanation.getCut()).node;
    }

    private static void part(ExplainedPart part, Fields target) {
        target.put("text", part.getText()).put("seen", part.getSeen()).flag("matched", part.getMatched());
        if (part.getPartsCount() > 0) {
            ArrayNode parts = target.node.putArray("parts");
            part.getPartsList().forEach(child -> part(child, new Fields(parts.addObject())));
        }
    }

    /** What the intent model says, as it stands in documents. */
    public static ObjectNode intent(IntentScore score) {
        Fields fields = new Fields(JsonNodeFactory.instance.objectNode());
        fields.decimal("risk", score.getRisk())
                .decimal("model", score.getModel())
                .decimal("blind", score.getBlind())
                .decimal("floor", score.getFloor())
                .put("band", score.getBand())
                .put("version", score.getModelVersion())
                .put("task", score.getTask())
                .put("act", score.getAct())
                .put("not_scored", score.getNotScored());
        ArrayNode reasons = fields.node.putArray("reasons");
        score.getReasonsList().forEach(reason -> new Fields(reasons.addObject())
                .put("text", reason.getText())
                .decimal("weight", reason.getWeight()));
        return fields.node;
    }

    /** The content stays in the log. */
    private static void proposed(Activation proposed, Fields document) {
        try {
            ActivationStatement statement = ActivationStatement.parseFrom(proposed.getStatement());
            document.at("rule").put("ruleset", statement.getName());
            document.at("plumbline").put("sha256", statement.getSha256());
            document.at("plumbline")
                    .at("activation")
                    .put("subject", statement.getSubject())
                    .put("action", lower(statement.getAction().name()))
                    .put("version", statement.getVersion());
        } catch (InvalidProtocolBufferException e) {
            document.at("error").put("message", "no statement");
        }
    }

    private static void activation(Activation activation, Fields document) {
        user(activation.getActivatedBy(), document);
        document.at("event").put("reason", activation.getReason());
        document.at("plumbline")
                .at("activation")
                .put("signed_by", activation.getKey())
                .number("compressed_bytes", activation.getContent().size());
    }

    private static void activationAnswered(ActivationAnswered answered, Fields document) {
        Fields target = document.at("plumbline").at("activation");
        target.put("subject", answered.getSubject())
                .put("action", lower(answered.getAction().name()))
                .flag("accepted", answered.getAccepted())
                .put("reason", answered.getReason())
                .put("name", answered.getName())
                .put("version", answered.getVersion());
        document.at("plumbline").put("cause", answered.getCause());
        document.at("event")
                .put("reason", answered.getReason())
                .put("outcome", answered.getAccepted() ? "success" : "failure");
        activeSet(answered.getInForce(), target.at("in_force"));
        activeSet(answered.getShadow(), target.at("shadow"));
        activeSet(answered.getBefore(), target.at("before"));
    }

    private static void activeSet(ActiveSet set, Fields target) {
        target.put("name", set.getName())
                .put("version", set.getVersion())
                .put("sha256", set.getSha256())
                .positive("rules", set.getRules())
                .put("order", set.getOrder())
                .put("activated_by", set.getActivatedBy())
                .put("reason", set.getReason())
                .put("signed_by", set.getSignedBy());
        if (set.getSinceNs() != 0) {
            target.put("since", timestamp(set.getSinceNs()));
        }
    }

    private static void shadowCounted(ShadowCounted counted, Fields own) {
        own.put("cause", counted.getCause());
        Fields target = own.at("shadow")
                .put("subject", counted.getSubject())
                .put("version", counted.getVersion())
                .number("task", counted.getTask())
                .put("since", timestamp(counted.getSinceNs()))
                .number("events", counted.getEvents())
                .number("agreed", counted.getAgreed())
                .number("scored", counted.getScored())
                .decimal("risk_difference", counted.getRiskDifference())
                .positive("sessions_forgotten", counted.getSessionsForgotten())
                .flag("more", counted.getMore());
        ArrayNode hits = target.node.putArray("hits");
        counted.getHitsList().forEach(hit -> new Fields(hits.addObject())
                .put("rule", hit.getRule())
                .number("both", hit.getBoth())
                .number("gained", hit.getGained())
                .number("lost", hit.getLost()));
    }

    /** The lower-case word of a severity; {@code unspecified} when it was not set. */
    public static String severity(Severity severity) {
        return severity == Severity.SEVERITY_UNSPECIFIED ? "unspecified" : lower(severity.name());
    }

    /** The lower-case word of a runtime state; {@code unknown} when it was not set. */
    public static String state(RuntimeState.State state) {
        return switch (state) {
            case STATE_UNSPECIFIED, UNRECOGNIZED -> "unknown";
            case CREATED, RUNNING, FROZEN, KILLED, EXITED, FAILED -> lower(state.name());
        };
    }

    private static void order(String reason, String orderedBy, String cause, Fields document) {
        document.at("event").put("reason", reason);
        user(orderedBy, document);
        document.at("plumbline").put("cause", cause);
    }

    private static void user(String name, Fields document) {
        document.at("user").put("name", name);
    }

    private static void triageNoted(TriageNoted noted, Fields triage) {
        triage.put("alert", noted.getAlert())
                .put("verdict", noted.getVerdict())
                .put("note", noted.getNote())
                .put("cause", noted.getCause())
                .put("assignee", noted.getAssignee())
                .put("reason_code", noted.getReasonCode());
        if (noted.hasVersion()) {
            triage.number("version", Integer.toUnsignedLong(noted.getVersion()));
        }
        if (noted.hasSuppression()) {
            triage.at("suppression")
                    .put("owner", noted.getSuppression().getOwner())
                    .put("scope", noted.getSuppression().getScope())
                    .put("expires", timestamp(noted.getSuppression().getExpiresNs()));
        }
    }

    private static void suppressionOrdered(SuppressionOrdered ordered, Fields suppression) {
        suppression
                .put("kind", ordered.getKind().name().toLowerCase(Locale.ROOT))
                .put("clause", ordered.getClause())
                .put("agent", ordered.getAgent())
                .put("workspace", ordered.getWorkspace())
                .put("highest", severity(ordered.getHighest()))
                .put("owner", ordered.getOwner())
                .put("expires", timestamp(ordered.getExpiresNs()));
    }

    private static Fields actor(Actor actor, Fields document) {
        Fields process = document.at("process");
        process.put("entity_id", entity(actor.getProcess()))
                .number("pid", actor.getProcess().getThreadGroup())
                .put("working_directory", actor.getCwd());
        if (actor.getProcess().getStartTimeNs() != 0) {
            process.put("start", timestamp(actor.getProcess().getStartTimeNs()));
        }
        process.at("thread").number("id", actor.getThread()).put("name", actor.getName());
        document.at("user").put("id", Integer.toUnsignedString(actor.getUid()));
        return document;
    }

    /** {@code threadGroup@startNanoseconds}: names a process for the whole life of its session. */
    static String entity(ProcessRef process) {
        return process.getThreadGroup() + "@" + process.getStartTimeNs();
    }

    private static void endpoint(Endpoint endpoint, Fields target, Fields document) {
        target.put("address", endpoint.getAddress()).positive("port", endpoint.getPort());
        if (endpoint.getFamily().startsWith("inet") && !endpoint.getAddress().isEmpty()) {
            document.at("network").put("type", endpoint.getFamily().equals("inet") ? "ipv4" : "ipv6");
        }
        document.at("plumbline").put("family", endpoint.getFamily());
    }

    private static void outcome(long errno, Fields document) {
        document.at("event").put("outcome", errno == 0 ? "success" : "failure");
        if (errno != 0) {
            document.at("error").put("code", Long.toString(errno));
        }
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** An object under construction; what is empty is left out. */
    private record Fields(ObjectNode node) {
        Fields at(String name) {
            return new Fields(node.withObjectProperty(name));
        }

        Fields put(String name, String value) {
            if (!value.isEmpty()) {
                node.put(name, value);
            }
            return this;
        }

        Fields number(String name, long value) {
            node.put(name, value);
            return this;
        }

        Fields decimal(String name, double value) {
            node.put(name, value);
            return this;
        }

        Fields positive(String name, long value) {
            return value == 0 ? this : number(name, value);
        }

        Fields flag(String name, boolean value) {
            node.put(name, value);
            return this;
        }

        Fields strings(String name, List<String> values) {
            if (!values.isEmpty()) {
                ArrayNode array = node.putArray(name);
                values.forEach(array::add);
            }
            return this;
        }

        Fields kind(String kind, String category, String type) {
            node.put("kind", kind);
            node.putArray("category").add(category);
            node.putArray("type").add(type);
            return this;
        }
    }
}
