package io.plumbline.console.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.console.orders.ControlEvents;
import io.plumbline.console.orders.OrderLog;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.people.Role;
import io.plumbline.events.v1.Event;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuditLogTest {
    private static final Person ANA = Person.of("ana", Role.ANALYST);

    private final List<Event> written = new CopyOnWriteArrayList<>();
    private volatile boolean down;
    private final OrderLog log = event -> {
        if (down) {
            throw new OrderLog.OrderLogException("The log did not acknowledge.", new IllegalStateException());
        }
        written.add(event);
    };
    private final AuditLog audit = new AuditLog(
            new ControlEvents(log, "acme", Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC)));

    @AfterEach
    void close() {
        audit.close();
    }

    private static Refusal refusal(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Refused.class);
        return ((Outcome.Refused) outcome).refusal();
    }

    @Test
    void unmaskingIsWrittenWithTheReasonBeforeItIsAllowed() {
        assertThat(audit.unmasking("s", "e", " to see ", ANA)).isInstanceOf(Outcome.Accepted.class);
        Event event = written.getFirst();
        assertThat(event.getTenant()).isEqualTo("acme");
        assertThat(event.getUnmaskingRecorded().getReason()).isEqualTo("to see");
    }

    @Test
    void withoutTheRoleTheReasonOrTheLogNothingIsShown() {
        assertThat(refusal(audit.unmasking("s", "e", "x", Person.of("vic", Role.VIEWER))))
                .isEqualTo(Refusal.NOT_ALLOWED);
        assertThat(refusal(audit.unmasking("s", "e", "  ", ANA))).isEqualTo(Refusal.REASON);
        down = true;
        assertThat(refusal(audit.unmasking("s", "e", "x", ANA))).isEqualTo(Refusal.LOG);
        assertThat(refusal(audit.export(Permission.EXPORT_EVIDENCE, "s", "evidence", "", "zip", ANA)))
                .isEqualTo(Refusal.LOG);
        assertThat(written).isEmpty();
    }

    @Test
    void signInsAreWrittenBesideItAndALogThatIsDownKeepsNobodyOut() {
        down = true;
        audit.signIn("ana", "signed_in", "password", "192.0.2.1", 0, Optional.empty());
        assertThat(written).isEmpty();
        down = false;
        audit.signIn("x".repeat(1_000), "failed", "password", "192.0.2.1", 2, Optional.empty());
        Awaitility.await().until(() -> written.stream()
                .anyMatch(event -> event.getSignInRecorded().getPerson().equals("x".repeat(64))));
    }
}
