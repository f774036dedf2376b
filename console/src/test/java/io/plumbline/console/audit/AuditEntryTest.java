package io.plumbline.console.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.events.EventIds;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.AccessChanged;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ExportRecorded;
import io.plumbline.events.v1.KillOrdered;
import io.plumbline.events.v1.SignInRecorded;
import io.plumbline.events.v1.Suppression;
import io.plumbline.events.v1.TriageNoted;
import io.plumbline.events.v1.UnmaskingRecorded;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AuditEntryTest {
    private static AuditEntry entry(Event.Builder event) {
        Event whole = EventIds.withId(event.setTenant("acme")
                .setSession("s-1")
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(1_000_000_000L));
        JsonNode document = EcsDocument.render(whole);
        return AuditEntry.of(new TimelineEvent(
                whole.getId(),
                Instant.ofEpochSecond(1),
                document.at("/event/action").asText(),
                "control",
                0,
                document));
    }

    @Test
    void everyActNamesPersonActObjectAndReason() {
        AuditEntry kill = entry(Event.newBuilder()
                .setKillOrdered(KillOrdered.newBuilder().setOrderedBy("bea").setReason("it sent a key")));
        assertThat(kill.person()).isEqualTo("bea");
        assertThat(kill.act()).isEqualTo("kill ordered");
        assertThat(kill.session()).isEqualTo("s-1");
        assertThat(kill.reason()).isEqualTo("it sent a key");

        AuditEntry denied = entry(Event.newBuilder()
                .setApprovalDecided(ApprovalDecided.newBuilder()
                        .setApproval("ap-1")
                        .setSubjectSha256("ff")
                        .setDecidedBy("bea")
                        .setReason("no")));
        assertThat(denied.act()).isEqualTo("denied");
        assertThat(denied.about()).isEqualTo("approval ap-1, bytes ff");

        AuditEntry suppressed = entry(Event.newBuilder()
                .setTriageNoted(TriageNoted.newBuilder()
                        .setVerdict("suppressed")
                        .setCause("c-1")
                        .setNotedBy("bea")
                        .setNote("known")
                        .setSuppression(Suppression.newBuilder().setExpiresNs(2_000_000_000L))));
        assertThat(suppressed.act()).isEqualTo("suppressed");
        assertThat(suppressed.about()).isEqualTo("cause c-1, until 1970-01-01T00:00:02Z");
        assertThat(suppressed.reason()).isEqualTo("known");

        AuditEntry unmasked = entry(Event.newBuilder()
                .setUnmaskingRecorded(UnmaskingRecorded.newBuilder()
                        .setEvent("e-1")
                        .setViewedBy("bea")
                        .setReason("what was sent")));
        assertThat(unmasked.act()).isEqualTo("unmasked");
        assertThat(unmasked.about()).isEqualTo("event e-1");

        AuditEntry exported = entry(Event.newBuilder()
                .setExportRecorded(ExportRecorded.newBuilder()
                        .setWhat("evidence")
                        .setFormat("zip")
                        .setExportedBy("bea")));
        assertThat(exported.about()).isEqualTo("what evidence, format zip");

        AuditEntry token = entry(Event.newBuilder()
                .setAccessChanged(AccessChanged.newBuilder()
                        .setWhat("token_created")
                        .setPerson("bea")
                        .setChangedBy("bea")
                        .setToken("ci 01020304")
                        .addRoles("viewer")));
        assertThat(token.act()).isEqualTo("token created");
        assertThat(token.about()).isEqualTo("person bea, token ci 01020304, roles viewer");

        AuditEntry failed = entry(Event.newBuilder()
                .setSignInRecorded(SignInRecorded.newBuilder()
                        .setPerson("bea")
                        .setOutcome("locked")
                        .setMethod("password")
                        .setAddress("192.0.2.1")
                        .setRefusedUnseen(3)
                        .setLockedUntilNs(2_000_000_000L)));
        assertThat(failed.act()).isEqualTo("locked");
        assertThat(failed.outcome()).isEqualTo("failure");
        assertThat(failed.address()).isEqualTo("192.0.2.1");
        assertThat(failed.about()).isEqualTo("method password, refused unseen 3, locked until 1970-01-01T00:00:02Z");
    }

    @Test
    void filesAreSafeInASpreadsheetAndWholeInJson() throws Exception {
        AuditEntry hostile = entry(Event.newBuilder()
                .setKillOrdered(KillOrdered.newBuilder()
                        .setOrderedBy("=cmd|' /C calc'!A0")
                        .setReason("a\u202eb \"q\"")));
        String csv = AuditEntry.csv(List.of(hostile));
        assertThat(csv).startsWith("\"at\",\"person\",\"act\"");
        assertThat(csv).contains("\"'=cmd|' /C calc'!A0\"").contains("a\\u202eb \"\"q\"\"");
        JsonNode json = new ObjectMapper().readTree(AuditEntry.json(List.of(hostile)));
        assertThat(json.at("/0/person").asText()).isEqualTo("=cmd|' /C calc'!A0");
        assertThat(AuditEntry.csv(List.of()).lines()).hasSize(1);
    }

    @Test
    void aQuestionIsItsAddress() {
        AuditQuery query = new AuditQuery("bea", "orders", "s-1", 24, "a&b=c \u202e");
        assertThat(AuditQuery.ofAddress(query.address())).isEqualTo(query);
        assertThat(query.with("act", "sign-in").actions()).containsExactly("sign-in-recorded");
        assertThat(AuditQuery.of(Map.of("act", List.of("rm -rf"), "hours", List.of("5")))
                        .address())
                .isEmpty();
        assertThat(AuditQuery.ALL.actions())
                .contains("kill-ordered", "unmasking-recorded")
                .doesNotHaveDuplicates();
    }
}
