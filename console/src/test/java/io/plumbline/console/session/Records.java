package io.plumbline.console.session;

import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SessionSummary.OrderInFlight;
import io.plumbline.console.search.SessionSummary.RefusedOrder;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.events.EventIds;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the session page reads, made of events as the index job writes them. */
final class Records {
    private Records() {}

    static Event.Builder on(Channel channel, long atMs) {
        return Event.newBuilder()
                .setTenant("t")
                .setSession("s")
                .setHost("host-3")
                .setChannel(channel)
                .setEventTimeNs(atMs * 1_000_000)
                .setObservedTimeNs(atMs * 1_000_000);
    }

    static TimelineEvent document(Event event) {
        var document = EcsDocument.render(event);
        return new TimelineEvent(
                event.getId(),
                Instant.ofEpochSecond(0, event.getEventTimeNs()),
                document.at("/event/action").asText(),
                document.at("/plumbline/channel").asText(),
                event.getSeq(),
                document);
    }

    static TimelineEvent document(Event.Builder event) {
        return document(EventIds.withId(event));
    }

    static AlertRow alert(Event event) {
        return AlertRow.raised(event, Optional.empty());
    }

    static SessionSummary summary(String state, Optional<OrderInFlight> requested, Optional<OrderInFlight> ordered) {
        return summary(state, requested, ordered, Optional.empty());
    }

    static SessionSummary summary(
            String state,
            Optional<OrderInFlight> requested,
            Optional<OrderInFlight> ordered,
            Optional<RefusedOrder> refused) {
        return new SessionSummary(
                "t",
                "s",
                "host-3",
                "codex",
                "",
                "",
                "List the files",
                "",
                "",
                0,
                false,
                Optional.empty(),
                60,
                "",
                "",
                false,
                state,
                Optional.empty(),
                "",
                Optional.empty(),
                requested,
                ordered,
                Optional.empty(),
                refused,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                new SessionSummary.Daemon("", 0, 0),
                List.of());
    }

    static SessionRecord record(
            List<TimelineEvent> claims, List<TimelineEvent> files, List<TimelineEvent> network, List<AlertRow> alerts) {
        return new SessionRecord(
                summary("running", Optional.empty(), Optional.empty()),
                claims,
                List.of(),
                files,
                network,
                alerts,
                Map.of(),
                ProcessTree.of(
                        List.of(),
                        claims.stream()
                                .filter(event -> event.action().equals("tool-call"))
                                .toList(),
                        alerts,
                        files),
                Optional.empty());
    }
}
