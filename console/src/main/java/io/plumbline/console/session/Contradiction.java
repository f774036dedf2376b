package io.plumbline.console.session;

import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.TimelineEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The answer that the page starts with: what was said, what was done, why it does not fit.
 *
 * @param command what the agent asked to run, when the deviation belongs to an announced call
 * @param seen what the kernel and the proxy saw, one sentence each
 * @param reasons at most {@link #MAX_REASONS}, the heaviest first
 */
public record Contradiction(
        String task,
        List<String> plan,
        Optional<String> statedReason,
        Optional<String> command,
        List<String> seen,
        List<Reason> reasons) {
    static final int MAX_REASONS = 4;

    /** @param chip kind and clause in short */
    public record Reason(String sentence, String chip, String alert) {}

    /** About the alert that is selected, or the heaviest one; empty when there is none. */
    public static Optional<Contradiction> of(SessionRecord session, Optional<String> selectedAlert) {
        List<AlertRow> worst = session.worstFirst();
        Optional<AlertRow> subject = selectedAlert
                .flatMap(id ->
                        worst.stream().filter(alert -> alert.id().equals(id)).findFirst())
                .or(() -> worst.stream().findFirst());
        return subject.map(alert -> about(session, alert, worst));
    }

    private static Contradiction about(SessionRecord session, AlertRow subject, List<AlertRow> worst) {
        List<AlertRow> group = new ArrayList<>();
        group.add(subject);
        worst.stream()
                .filter(alert -> !alert.id().equals(subject.id()))
                .filter(alert ->
                        alert.call().equals(subject.call()) || alert.call().isEmpty())
                .forEach(group::add);
        Optional<TimelineEvent> call = session.call(subject.call());
        // One rule often matches more than one event of a call.
        Set<String> told = new HashSet<>();
        return new Contradiction(
                task(session),
                session.summary().plan().stream()
                        .map(SessionSummary.PlanItem::text)
                        .toList(),
                call.map(event -> event.text("/plumbline/call/stated_reason")).filter(text -> !text.isEmpty()),
                call.map(Contradiction::command).filter(text -> !text.isEmpty()),
                group.stream()
                        .map(AlertRow::seen)
                        .filter(text -> !text.isEmpty())
                        .distinct()
                        .toList(),
                group.stream()
                        .map(Contradiction::reason)
                        .filter(reason -> told.add(reason.sentence() + '\n' + reason.chip()))
                        .limit(MAX_REASONS)
                        .toList());
    }

    private static Reason reason(AlertRow alert) {
        // A rule's own sentence names it by its id; its title says what it is about.
        boolean named = alert.why().isEmpty()
                || (alert.kind().equals("rule") && !alert.title().isEmpty());
        String clause = alert.clause().startsWith(alert.kind()) ? alert.clause() : alert.kind() + " " + alert.clause();
        return new Reason(named ? alert.title() : alert.why(), clause.strip(), alert.id());
    }

    private static String task(SessionRecord session) {
        if (!session.summary().task().isEmpty()) {
            return session.summary().task();
        }
        return session.claims().stream()
                .filter(event -> event.action().equals("prompt"))
                .map(event -> event.text("/message"))
                .findFirst()
                .orElse("");
    }

    /** What a call would run: its shell command, or its tool and arguments. */
    static String command(TimelineEvent call) {
        String command = call.text("/plumbline/call/command");
        return command.isEmpty()
                ? call.text("/plumbline/call/tool") + " " + call.text("/plumbline/call/arguments")
                : command;
    }
}
