package io.plumbline.console.audit;

import io.plumbline.console.orders.ControlEvents;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.console.people.AccessStore.Token;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.AccessChanged;
import io.plumbline.events.v1.ExportRecorded;
import io.plumbline.events.v1.SignInRecorded;
import io.plumbline.events.v1.UnmaskingRecorded;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what people do beside orders. What shows or takes out data is in the log before it happens, or does not happen. Sign-ins are
 * written beside it: when the log does not answer, people still have to get in to see that.
 */
public final class AuditLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
    private static final int MAX_NAME_BYTES = 64;
    private static final int MAX_QUERY_BYTES = 512;
    private static final int MAX_WAITING = 1_000;
    private static final int SECONDS_TO_CLOSE = 5;

    private final ControlEvents events;
    private final ThreadPoolExecutor signIns = new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(MAX_WAITING),
            Thread.ofPlatform().daemon().name("audit-", 0).factory());

    public AuditLog(ControlEvents events) {
        this.events = events;
    }

    /**
     * A person wants to see what is masked; it may be shown when the answer says accepted.
     *
     * @param event id of the event
     */
    public Outcome unmasking(String session, String event, String reason, Person by) {
        if (!by.may(Permission.UNMASK)) {
            return new Refused(Refusal.NOT_ALLOWED, Permission.UNMASK.refusal());
        }
        return Orders.wrongReason(reason)
                .orElseGet(() -> events.append(events.about(session)
                        .setUnmaskingRecorded(UnmaskingRecorded.newBuilder()
                                .setEvent(event)
                                .setViewedBy(by.name())
                                .setReason(reason.strip()))));
    }

    /**
     * A person wants to take something out; it may leave when the answer says accepted.
     *
     * @param session empty when it is about several
     * @param what evidence, audit, alerts, report
     * @param query as in the page's address
     */
    public Outcome export(Permission needed, String session, String what, String query, String format, Person by) {
        if (!by.may(needed)) {
            return new Refused(Refusal.NOT_ALLOWED, needed.refusal());
        }
        return events.append(events.about(session)
                .setExportRecorded(ExportRecorded.newBuilder()
                        .setWhat(what)
                        .setExportedBy(by.name())
                        .setQuery(EventLimits.cut(query, MAX_QUERY_BYTES))
                        .setFormat(format)));
    }

    /** @param what token_created or token_revoked */
    public Outcome token(String what, Token token, Person by) {
        return events.append(events.about("")
                .setAccessChanged(AccessChanged.newBuilder()
                        .setWhat(what)
                        .setPerson(token.owner())
                        .setChangedBy(by.name())
                        .setToken(token.name() + " " + token.id())
                        .addAllRoles(token.roles())
                        .setExpiresNs(ControlEvents.nanoseconds(Instant.parse(token.expires())))));
    }

    /** @param what second_factor_set, second_factor_removed or second_factor_reset (by an admin) */
    public Outcome secondFactor(String what, String person, Person by) {
        return events.append(events.about("")
                .setAccessChanged(AccessChanged.newBuilder()
                        .setWhat(what)
                        .setPerson(person)
                        .setChangedBy(by.name())));
    }

    /**
     * Somebody signed in, tried to, or left.
     *
     * @param outcome signed_in, failed, locked, signed_out, session_ended (by time)
     * @param method password, password_and_code, code (on the account page), token, oidc
     */
    public void signIn(
            String person,
            String outcome,
            String method,
            String address,
            int refusedUnseen,
            Optional<Instant> lockedUntil) {
        SignInRecorded.Builder record = SignInRecorded.newBuilder()
                .setPerson(EventLimits.cut(person, MAX_NAME_BYTES))
                .setOutcome(outcome)
                .setMethod(method)
                .setAddress(EventLimits.cut(address, MAX_NAME_BYTES))
                .setRefusedUnseen(refusedUnseen);
        lockedUntil.ifPresent(end -> record.setLockedUntilNs(ControlEvents.nanoseconds(end)));
        var event = events.about("").setSignInRecorded(record);
        try {
            signIns.execute(() -> {
                if (events.append(event) instanceof Refused refused) {
                    LOG.warn(
                            "{} of {} is not in the audit log: {}", outcome, record.getPerson(), refused.explanation());
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.warn("{} of {} is not in the audit log: {} wait before it", outcome, record.getPerson(), MAX_WAITING);
        }
    }

    @Override
    public void close() {
        signIns.shutdown();
        try {
            if (!signIns.awaitTermination(SECONDS_TO_CLOSE, TimeUnit.SECONDS)) {
                LOG.warn(
                        "{} sign-ins are not in the audit log: the console ends",
                        signIns.getQueue().size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
