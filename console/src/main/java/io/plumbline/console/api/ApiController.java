package io.plumbline.console.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.evidence.EvidenceExport;
import io.plumbline.console.masking.Masking;
import io.plumbline.console.orders.ApprovalAnswer;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.TenantSuppression;
import io.plumbline.console.orders.TriageDecision;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.ApprovalRow;
import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SuppressionRow;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.triage.Words;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code /api/v1}. Field names are in snake case, times ISO-8601 in UTC, durations ISO-8601. An order is answered with 202 and the id
 * of its event: it is written, not carried out; the session's state says when it was.
 */
@RestController
@RequestMapping(path = "/api/v1", produces = MediaType.APPLICATION_JSON_VALUE)
class ApiController {
    private static final Logger LOG = LoggerFactory.getLogger(ApiController.class);
    private static final Set<String> CHANNELS = Set.of("claims", "evidence", "control", "verdicts");
    private static final Set<String> APPROVAL_STATES =
            Set.of("pending", "approved", "denied", "timed_out", "reviewer_failed", "superseded");

    private final Search search;
    private final Orders orders;
    private final Masking masking;
    private final AuditLog audit;
    private final EvidenceExport evidence;

    ApiController(Search search, Orders orders, Masking masking, AuditLog audit, EvidenceExport evidence) {
        this.search = search;
        this.orders = orders;
        this.masking = masking;
        this.audit = audit;
        this.evidence = evidence;
    }

    /** @param accept of a thaw: deviations that count nothing when they are found again */
    record ReasonBody(@Nullable String reason, @Nullable List<String> accept) {}

    /** @param sessionSeconds of an approval: how long it holds for the same bytes; absent: once */
    record DecisionBody(
            @Nullable Boolean approved,
            @Nullable String reason,
            @Nullable String subjectSha256,
            @Nullable Long sessionSeconds) {}

    record PolicyBody(@Nullable String yaml, @Nullable String reason) {}

    /** @param version decisions on the alert's cause that were seen */
    record TriageBody(
            @Nullable String verdict,
            @Nullable String note,
            @Nullable String reasonCode,
            @Nullable Long version,
            @Nullable Instant suppressedUntil) {}

    /** Without clause, agent or workspace: any. */
    record SuppressionBody(
            @Nullable String kind,
            @Nullable String clause,
            @Nullable String agent,
            @Nullable String workspace,
            @Nullable String highest,
            @Nullable String reason,
            @Nullable Instant until) {}

    @GetMapping("/sessions")
    Map<String, List<SessionSummary>> sessions(@RequestParam(defaultValue = "100") int limit) {
        return Map.of("sessions", search.sessions(limit));
    }

    @GetMapping("/sessions/{id}")
    SessionSummary session(@PathVariable String id) {
        return search.session(id).orElseThrow(() -> ApiException.notFound("There is no such session."));
    }

    /** Answers {@code {"events":[ECS documents], "next":cursor or null}}; the documents are masked. */
    @GetMapping("/sessions/{id}/events")
    String events(
            @PathVariable String id,
            @RequestParam Optional<String> channel,
            @RequestParam Optional<String> after,
            @RequestParam(defaultValue = "200") int limit) {
        channel.filter(word -> !CHANNELS.contains(word)).ifPresent(word -> {
            throw ApiException.badRequest("channel: expected one of claims, evidence, control, verdicts.");
        });
        session(id);
        Search.EventPage page;
        try {
            page = search.events(id, channel, after, limit);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()));
        }
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        var events = answer.putArray("events");
        page.events().forEach(event -> events.add(masking.masked((ObjectNode) event.document())));
        answer.put("next", page.next().orElse(null));
        return answer.toString();
    }

    /** One event as it came; that it was looked at, and why, is in the audit log before. */
    @PostMapping("/sessions/{id}/events/{event}/unmask")
    String unmask(
            @PathVariable String id,
            @PathVariable String event,
            @RequestBody(required = false) @Nullable ReasonBody body) {
        TimelineEvent found = search.eventsById(id, List.of(event)).stream()
                .findFirst()
                .orElseThrow(() -> ApiException.notFound("There is no such event."));
        written(audit.unmasking(
                id, event, body == null ? "" : Objects.requireNonNullElse(body.reason(), ""), SignedIn.person()));
        return found.document().toString();
    }

    /** The evidence bundle of a session; that it was taken is in the audit log before. */
    @GetMapping(path = "/sessions/{id}/evidence", produces = MediaType.ALL_VALUE)
    void evidence(@PathVariable String id, HttpServletResponse response) throws IOException {
        Person person = SignedIn.person();
        written(evidence.begin(id, person));
        AtomicBoolean begun = new AtomicBoolean();
        try {
            evidence.deliver(id, person, bytes -> {
                begun.set(true);
                response.setContentType("application/zip");
                response.setContentLengthLong(bytes);
                response.setHeader(
                        "Content-Disposition", "attachment; filename=\"" + EvidenceExport.fileName(id) + "\"");
                return response.getOutputStream();
            });
        } catch (IOException e) {
            if (begun.get()) {
                throw e;
            }
            LOG.warn("the evidence of a session cannot be put together: {}", e.toString());
            throw new ApiException(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "The evidence cannot be put together right now; the console's log says why.");
        }
    }

    @GetMapping("/alerts")
    Map<String, List<AlertRow>> alerts(
            @RequestParam Optional<String> session, @RequestParam(defaultValue = "100") int limit) {
        return Map.of("alerts", search.alerts(session, limit));
    }

    @GetMapping("/approvals")
    Map<String, List<ApprovalRow>> approvals(
            @RequestParam Optional<String> state, @RequestParam(defaultValue = "100") int limit) {
        state.filter(word -> !APPROVAL_STATES.contains(word)).ifPresent(word -> {
            throw ApiException.badRequest(
                    "state: expected one of pending, approved, denied, timed_out, reviewer_failed, superseded.");
        });
        return Map.of("approvals", search.approvals(state, limit));
    }

    @GetMapping("/approvals/{id}")
    ApprovalRow approval(@PathVariable String id) {
        return search.approval(id).orElseThrow(() -> ApiException.notFound("There is no such approval."));
    }

    @PostMapping("/sessions/{id}/freeze")
    ResponseEntity<Map<String, String>> freeze(
            @PathVariable String id, @RequestBody(required = false) @Nullable ReasonBody body) {
        return order(Orders.Act.FREEZE, id, body);
    }

    @PostMapping("/sessions/{id}/thaw")
    ResponseEntity<Map<String, String>> thaw(
            @PathVariable String id, @RequestBody(required = false) @Nullable ReasonBody body) {
        return order(Orders.Act.THAW, id, body);
    }

    @PostMapping("/sessions/{id}/kill")
    ResponseEntity<Map<String, String>> kill(
            @PathVariable String id, @RequestBody(required = false) @Nullable ReasonBody body) {
        return order(Orders.Act.KILL, id, body);
    }

    @PostMapping("/sessions/{id}/policy")
    ResponseEntity<Map<String, String>> revise(
            @PathVariable String id, @RequestBody(required = false) @Nullable PolicyBody body) {
        if (body == null || body.yaml() == null) {
            throw ApiException.badRequest("yaml and reason are required.");
        }
        return answer(orders.revise(id, body.yaml(), Objects.requireNonNullElse(body.reason(), ""), SignedIn.person()));
    }

    @PostMapping("/approvals/{id}")
    ResponseEntity<Map<String, String>> decide(
            @PathVariable String id, @RequestBody(required = false) @Nullable DecisionBody body) {
        if (body == null || body.approved() == null || body.subjectSha256() == null) {
            throw ApiException.badRequest("approved, reason and subject_sha256 are required.");
        }
        long seconds = Objects.requireNonNullElse(body.sessionSeconds(), 0L);
        return answer(orders.decide(
                id,
                new ApprovalAnswer(
                        body.approved(), Duration.ofSeconds(seconds), Objects.requireNonNullElse(body.reason(), "")),
                body.subjectSha256(),
                SignedIn.person()));
    }

    @PostMapping("/alerts/{id}/triage")
    ResponseEntity<Map<String, String>> triage(
            @PathVariable String id, @RequestBody(required = false) @Nullable TriageBody body) {
        if (body == null || body.verdict() == null || body.version() == null) {
            throw ApiException.badRequest("verdict and version are required.");
        }
        AlertRow alert = search.alert(id).orElseThrow(() -> ApiException.notFound("There is no such alert."));
        CauseRow cause = search.cause(alert.session(), alert.cause())
                .orElseThrow(() -> ApiException.notFound("There is no such alert."));
        return answer(orders.triage(
                cause.seenAt(body.version(), alert.at()),
                new TriageDecision(
                        body.verdict(),
                        Objects.requireNonNullElse(body.note(), ""),
                        Objects.requireNonNullElse(body.reasonCode(), ""),
                        body.verdict().equals(Words.ACKNOWLEDGED)
                                ? Optional.of(SignedIn.person().name())
                                : Optional.empty(),
                        Optional.ofNullable(body.suppressedUntil())),
                SignedIn.person()));
    }

    /** The cause of an alert with its history, and the orders about it that were refused. */
    @GetMapping("/alerts/{id}/cause")
    CauseRow cause(@PathVariable String id) {
        return search.alert(id)
                .flatMap(alert -> search.cause(alert.session(), alert.cause()))
                .orElseThrow(() -> ApiException.notFound("There is no such alert."));
    }

    /** The tenant's suppressions, newest first. */
    @GetMapping("/suppressions")
    Map<String, List<SuppressionRow>> suppressions(@RequestParam(defaultValue = "100") int limit) {
        return Map.of("suppressions", search.suppressions(limit));
    }

    @PostMapping("/suppressions")
    ResponseEntity<Map<String, String>> suppress(@RequestBody(required = false) @Nullable SuppressionBody body) {
        if (body == null || body.until() == null) {
            throw ApiException.badRequest("kind, highest, reason and until are required.");
        }
        return answer(orders.suppress(
                new TenantSuppression(
                        new TenantSuppression.Scope(
                                Objects.requireNonNullElse(body.kind(), ""),
                                Objects.requireNonNullElse(body.clause(), ""),
                                Objects.requireNonNullElse(body.agent(), ""),
                                Objects.requireNonNullElse(body.workspace(), ""),
                                Objects.requireNonNullElse(body.highest(), "")),
                        Objects.requireNonNullElse(body.reason(), ""),
                        body.until()),
                SignedIn.person()));
    }

    @PostMapping("/suppressions/{id}/end")
    ResponseEntity<Map<String, String>> endSuppression(
            @PathVariable String id, @RequestBody(required = false) @Nullable ReasonBody body) {
        return answer(orders.endSuppression(
                id, body == null ? "" : Objects.requireNonNullElse(body.reason(), ""), SignedIn.person()));
    }

    @RequestMapping("/**")
    void unknown() {
        throw ApiException.notFound("There is no such resource.");
    }

    private ResponseEntity<Map<String, String>> order(Orders.Act act, String session, @Nullable ReasonBody body) {
        String reason = body == null ? "" : Objects.requireNonNullElse(body.reason(), "");
        List<String> accept = body == null ? List.of() : Objects.requireNonNullElse(body.accept(), List.of());
        return answer(orders.order(act, session, reason, SignedIn.person(), accept));
    }

    static ResponseEntity<Map<String, String>> answer(Outcome outcome) {
        return ResponseEntity.accepted().body(Map.of("event", written(outcome)));
    }

    /** The id of the event that the log has. */
    private static String written(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Accepted accepted -> accepted.event();
            case Outcome.Refused refused ->
                throw new ApiException(
                        switch (refused.refusal()) {
                            case REASON, WORD, POLICY, CONTENT -> HttpStatus.BAD_REQUEST;
                            case NOT_ALLOWED -> HttpStatus.FORBIDDEN;
                            case UNKNOWN -> HttpStatus.NOT_FOUND;
                            case NOT_PENDING, SAME_PERSON, STALE, HASH, UNSIGNED -> HttpStatus.CONFLICT;
                            case LOG -> HttpStatus.SERVICE_UNAVAILABLE;
                        },
                        refused.explanation());
        };
    }
}
