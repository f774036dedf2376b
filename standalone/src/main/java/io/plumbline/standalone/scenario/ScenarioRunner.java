package io.plumbline.standalone.scenario;

import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.cli.ConsoleApi;
import io.plumbline.standalone.session.EventFeed;
import io.plumbline.standalone.session.FollowedSession;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Runs scenarios in real sandboxes on the running process tree. There is nobody to say yes: every question is answered with no. A session
 * that is frozen is killed when its last events have come.
 */
public final class ScenarioRunner {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final Duration STEP = Duration.ofMillis(50);

    /** What nobody expects may still come when all that is expected has. */
    private static final Duration LATE = Duration.ofMillis(700);

    private static final Duration END = Duration.ofSeconds(20);

    private final Layout layout;
    private final RunState running;
    private final Optional<Path> recordings;

    /** @param recordings folder to write telemetry to */
    public ScenarioRunner(Layout layout, RunState running, Optional<Path> recordings) {
        this.layout = layout;
        this.running = running;
        this.recordings = recordings;
    }

    /**
     * Runs one scenario to its end, its sessions in turn.
     *
     * @throws CommandException when its session cannot be started, or does not end
     * @throws IOException when its agent cannot be installed, or its workspace not be made
     */
    public ScenarioResult run(ScenarioFile scenario) throws IOException, InterruptedException {
        List<ScenarioFile> sessions = scenario.sessions();
        List<ScenarioResult> results = new ArrayList<>();
        try (PlayedScenario first = PlayedScenario.prepare(
                sessions.getFirst(), layout, layout.home().resolve("scenarios"))) {
            results.add(play(sessions.getFirst(), first));
            for (ScenarioFile next : sessions.subList(1, sessions.size())) {
                try (PlayedScenario played = first.followedBy(next, layout)) {
                    results.add(play(next, played));
                }
            }
        }
        return ScenarioResult.of(results);
    }

    private ScenarioResult play(ScenarioFile scenario, PlayedScenario played) throws IOException, InterruptedException {
        // One for each: what it has seen stays in memory.
        try (EventFeed feed = EventFeed.follow(running.endpoint("broker"), event -> {});
                FollowedSession session = FollowedSession.start(
                        scenario.name(), played.request(), feed, new RunClient(Path.of(running.endpoint("host"))))) {
            List<Event> events = follow(played, session);
            if (recordings.isPresent()) {
                Recording.write(Recording.file(recordings.get(), scenario.name()), events);
            }
            return played.result(events, session.output());
        }
    }

    /** Its events until it has ended, or is frozen and what came late is there. */
    private List<Event> follow(PlayedScenario played, FollowedSession session)
            throws IOException, InterruptedException {
        String id = session.id(LIMIT);
        Set<String> refused = new HashSet<>();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            List<Event> events = session.events();
            refuseQuestions(events, refused);
            if (events.stream().anyMatch(FollowedSession::isFrozen)) {
                List<Event> all = settled(played, session);
                kill(session, id);
                return all;
            }
            if (session.ended()) {
                awaitAccount(session);
                return settled(played, session);
            }
            Thread.sleep(STEP);
        }
        kill(session, id);
        throw new CommandException("session " + id + " did not end within " + LIMIT.toSeconds() + " s");
    }

    /**
     * Its events with what comes behind the end of the workload, or its freeze by the host: what the kernel saw before, and what the
     * watcher says. How long that takes is the machine's matter, so that what is expected is waited for, and then a moment for the rest.
     */
    private static List<Event> settled(PlayedScenario played, FollowedSession session)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + END.toNanos();
        while (System.nanoTime() < deadline
                && !played.result(session.events(), session.output())
                        .differences()
                        .isEmpty()) {
            Thread.sleep(STEP);
        }
        Thread.sleep(LATE);
        return session.events();
    }

    private void refuseQuestions(List<Event> events, Set<String> refused) {
        for (Event event : events) {
            ApprovalRequested question = event.getApprovalRequested();
            if (event.hasApprovalRequested() && !refused.contains(question.getApproval())) {
                try {
                    ConsoleApi.of(layout)
                            .deny(question.getApproval(), "nobody says yes in a scenario", question.getSubjectSha256());
                    refused.add(question.getApproval());
                } catch (CommandException e) {
                    // The console does not have it yet; tried again.
                }
            }
        }
    }

    private void kill(FollowedSession session, String id) throws InterruptedException {
        ConsoleApi.of(layout).order(id, "kill", "the scenario is over");
        session.exit(LIMIT);
    }

    /** Until the host has settled the session's account, which one that was killed may not have, and all is judged. */
    private static void awaitAccount(FollowedSession session) throws InterruptedException {
        long deadline = System.nanoTime() + END.toNanos();
        while (System.nanoTime() < deadline) {
            List<Event> events = session.events();
            if (events.stream().anyMatch(FollowedSession::isEnded)
                    && events.stream().anyMatch(Event::hasSessionReconciled)
                    && allAnswered(events)) {
                return;
            }
            Thread.sleep(STEP);
        }
    }

    private static boolean allAnswered(List<Event> events) {
        Set<String> answered = new HashSet<>();
        events.forEach(event -> answered.add(event.getGateAnswered().getCall()));
        return events.stream()
                .filter(event -> event.getToolCall().getGated())
                .allMatch(event -> answered.contains(event.getToolCall().getCall()));
    }
}
