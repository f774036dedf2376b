package io.plumbline.standalone.cli;

import io.plumbline.events.v1.Event;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.SessionLog;
import io.plumbline.standalone.scenario.Recording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The telemetry of recorded sessions, each in its order: from the log of the running platform, or from files. */
final class RecordedTelemetry {
    private static final int MAX_EVENTS = 500_000;

    private RecordedTelemetry() {}

    /** @throws CommandException when nothing runs, or the log has nothing of the session */
    static List<Event> ofLog(String session) {
        RunState running = RunState.read(Layout.current().runState())
                .filter(RunState::alive)
                .orElseThrow(() ->
                        new CommandException("nothing is running (expected: plumbline up)", ExitCodes.NOT_RUNNING));
        List<Event> telemetry = SessionLog.telemetry(running.endpoint("broker"), session);
        if (telemetry.isEmpty()) {
            throw new CommandException("session " + session + ": not in the log", ExitCodes.NOT_FOUND);
        }
        return telemetry;
    }

    /**
     * All sessions that {@code scenario run --record} left in a folder.
     *
     * @return by session
     * @throws CommandException when a file cannot be read, or they hold more than {@value #MAX_EVENTS} events
     */
    static SortedMap<String, List<Event>> ofFolder(Path folder) {
        SortedMap<String, List<Event>> sessions = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            int events = 0;
            for (Path file : files.sorted().toList()) {
                Optional<String> scenario = Recording.scenario(file);
                if (scenario.isPresent()) {
                    List<Event> telemetry = Recording.read(file, scenario.get());
                    events += telemetry.size();
                    if (events > MAX_EVENTS) {
                        throw new CommandException(
                                folder + ": more than " + MAX_EVENTS + " events in all (expected: at most so many)");
                    }
                    if (!telemetry.isEmpty()) {
                        sessions.put(telemetry.getFirst().getSession(), telemetry);
                    }
                }
            }
        } catch (IOException e) {
            throw new CommandException("sessions " + folder + " (expected: a readable folder)", ExitCodes.USAGE);
        }
        return sessions;
    }
}
