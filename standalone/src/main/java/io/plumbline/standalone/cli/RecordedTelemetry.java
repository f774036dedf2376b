package io.plumbline.standalone.cli;

import io.plumbline.events.v1.Event;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.RunState;
import io.plumbline.standalone.SessionLog;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

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
     * All sessions in the files of a folder whose names end with {@code .pb} or {@code .pb.gz}: events of the contract, each behind its
     * length as a varint.
     *
     * @throws CommandException when a file cannot be read, or they hold more than {@value #MAX_EVENTS} events
     */
    static SortedMap<String, List<Event>> ofFolder(Path folder) {
        SortedMap<String, List<Event>> sessions = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            int events = 0;
            for (Path file :
                    files.filter(RecordedTelemetry::isRecording).sorted().toList()) {
                events += read(file, MAX_EVENTS - events, sessions);
            }
        } catch (IOException e) {
            throw new CommandException("sessions " + folder + " (expected: a readable folder)", ExitCodes.USAGE);
        }
        return sessions;
    }

    private static boolean isRecording(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".pb") || name.endsWith(".pb.gz");
    }

    private static int read(Path file, int room, SortedMap<String, List<Event>> sessions) {
        int events = 0;
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            for (Event event = Event.parseDelimitedFrom(in); event != null; event = Event.parseDelimitedFrom(in)) {
                if (++events > room) {
                    throw new CommandException(
                            file + ": more than " + MAX_EVENTS + " events in all (expected: at most so many)");
                }
                sessions.computeIfAbsent(event.getSession(), any -> new ArrayList<>())
                        .add(event);
            }
        } catch (IOException e) {
            throw new CommandException(file + " (expected: events, each behind its length): " + e.getMessage());
        }
        return events;
    }
}
