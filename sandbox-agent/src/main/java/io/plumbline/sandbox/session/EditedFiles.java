package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileEdited;
import io.plumbline.events.v1.GateAnswered;
import io.plumbline.events.v1.GateDecision;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.posix.BeneathFile;
import io.plumbline.sandbox.posix.BoundFolders;
import io.plumbline.sandbox.posix.Posix;
import io.plumbline.sandbox.posix.PosixException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Holds what edits leave against what was announced. When a hook announces one, the file is read and the edit's arguments are applied to it;
 * when the agent tells the result, or the session ends without one, the file is read again, and {@link FileEdited} tells both digests, or why
 * they cannot be compared. Only what is bound into the sandbox can be read, as texts of at most {@link FileContent#MAX}; contents do not
 * leave the host this way. Of all sessions of a host one at a time reads.
 */
final class EditedFiles implements SessionOutbox {
    /** Edits that wait for their result; an agent makes one after another. */
    static final int MAX_WAITING = 256;

    private static final int MAX_PATHS = 64;

    /** Contents and what edits make of them are a few MiB each, and the host's memory is everybody's. */
    private static final Semaphore OF_HOST = new Semaphore(1, true);

    /** How long a turn is waited for; one takes milliseconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final FileContent BUSY = FileContent.unknown("busy");

    private final SessionOutbox outbox;
    private final Semaphore turn;
    private final Duration patience;
    private final Map<String, Announced> waiting = new LinkedHashMap<>();
    private volatile BoundFolders binds = BoundFolders.NONE;

    /**
     * A call whose end is not known.
     *
     * @param paths all that it names, the first {@value #MAX_PATHS}
     * @param files what it makes of each
     * @param failed the agent has told that nothing came of it
     */
    private record Announced(Set<String> paths, List<Edited> files, boolean failed) {}

    /**
     * A file that a call edits, as in {@link FileEdit}; contents are not kept.
     *
     * @param identity of the file that it is made of, when it was announced
     * @param before of the file when it was announced, in the form in which it is compared
     * @param after what the edit makes of it
     * @param doubt why another content than that proves nothing; empty: it does
     */
    private record Edited(
            String path,
            String source,
            boolean whole,
            UnaryOperator<FileContent> form,
            Optional<BeneathFile.Identity> identity,
            FileContent.Digests before,
            FileContent.Digests after,
            String doubt) {
        Edited doubted(String why) {
            return new Edited(path, source, whole, form, identity, before, after, why);
        }
    }

    EditedFiles(SessionOutbox outbox) {
        this(outbox, OF_HOST, PATIENCE);
    }

    /**
     * @param turn of one permit, for reading and applying
     * @param patience how long it is waited for; what does not get it is not compared
     */
    EditedFiles(SessionOutbox outbox, Semaphore turn, Duration patience) {
        this.outbox = outbox;
        this.turn = turn;
        this.patience = patience;
    }

    /** What of the host is seen inside. */
    void mounted(BoundFolders folders) {
        binds = folders;
    }

    @Override
    public Event publish(Channel channel, long eventTimeNanos, Event.Builder payload) {
        boolean announced = payload.hasToolCall()
                && payload.getToolCall().getSource().equals("hook")
                && EditArguments.areOf(payload.getToolCall());
        // Before the gate can answer: nobody has made the edit yet.
        List<FileEdited> ended = announced ? announced(payload.getToolCall()) : List.of();
        Event event = outbox.publish(channel, eventTimeNanos, payload);
        ended.forEach(this::tell);
        if (payload.hasToolResult() && payload.getToolResult().getSource().equals("hook")) {
            told(payload.getToolResult()).forEach(this::tell);
        }
        return event;
    }

    /** The gate's answer, before the agent has it. A file that was changed while it was waited for is not what the edit was announced for. */
    synchronized void answered(GateAnswered answer) {
        Announced call = waiting.get(answer.getCall());
        if (call == null || answer.getDecision() == GateDecision.ASK) {
            return;
        }
        if (answer.getDecision() == GateDecision.DENY) {
            // One that is made all the same is found by the opening of its file.
            waiting.remove(answer.getCall());
            return;
        }
        List<Edited> files = call.files().stream()
                .map(file -> file.whole() || file.identity().equals(identity(file.source()))
                        ? file
                        : file.doubted("overlapping"))
                .toList();
        waiting.put(answer.getCall(), new Announced(call.paths(), files, call.failed()));
    }

    /**
     * The session has ended: edits whose result was never told, or told as a failure, and that changed something.
     *
     * @param limit for all of them; those that are not read by then are told as not compared
     */
    void finish(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        Map<String, Announced> left;
        synchronized (this) {
            left = new LinkedHashMap<>(waiting);
            waiting.clear();
        }
        left.forEach((id, call) -> call.files().forEach(file -> {
            Duration rest = Duration.ofNanos(deadline - System.nanoTime());
            FileContent.Digests now = rest.isPositive()
                    ? inTurn(rest, reader -> now(file, reader))
                    : FileContent.unknown("late").digests();
            if (!now.sameAs(file.before())) {
                tell(edited(id, file, now, !call.failed(), call.failed()));
            }
        }));
    }

    private List<FileEdited> announced(ToolCall call) {
        return inTurn(patience, reader -> announced(call, reader));
    }

    /** Returns what is to be told of edits that end with this announcement. */
    private synchronized List<FileEdited> announced(ToolCall call, Reader reader) {
        Set<String> paths = call.getPathsList().stream()
                .limit(MAX_PATHS)
                .map(named -> EditArguments.absolute(call, named))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        List<FileEdited> ended = new ArrayList<>();
        Set<String> underWay = new HashSet<>();
        for (Map.Entry<String, Announced> other : List.copyOf(waiting.entrySet())) {
            boolean again = other.getKey().equals(call.getCall());
            if (again || other.getValue().paths().stream().anyMatch(paths::contains)) {
                waiting.remove(other.getKey());
                Announced earlier = other.getValue();
                if (!earlier.failed()) {
                    underWay.addAll(earlier.paths());
                }
                List<Edited> others = earlier.files().stream()
                        .filter(file -> !again && !paths.contains(file.path()) && !paths.contains(file.source()))
                        .toList();
                if (!others.isEmpty()) {
                    waiting.put(other.getKey(), new Announced(earlier.paths(), others, earlier.failed()));
                }
                for (Edited file : again ? List.<Edited>of() : earlier.files()) {
                    if (others.contains(file)) {
                        continue;
                    }
                    FileContent.Digests now = now(file, reader);
                    if (!(earlier.failed() && now.sameAs(file.before()))) {
                        ended.add(edited(
                                other.getKey(), file.doubted("superseded"), now, !earlier.failed(), earlier.failed()));
                    }
                }
            }
        }
        List<Edited> files = EditArguments.edits(call).stream()
                .map(edit -> announced(edit, reader, underWay))
                .toList();
        if (waiting.size() < MAX_WAITING) {
            waiting.put(call.getCall(), new Announced(paths, files, false));
        } else {
            FileContent.Digests unknown = FileContent.unknown("too-many").digests();
            files.forEach(file -> ended.add(edited(call.getCall(), file, unknown, true, false)));
        }
        return ended;
    }

    private Edited announced(FileEdit edit, Reader reader, Set<String> underWay) {
        Optional<BeneathFile.Identity> identity = identity(edit.source());
        FileContent source = reader.read(edit.source());
        FileContent there = edit.path().equals(edit.source()) ? source : reader.read(edit.path());
        FileEdit.Effect effect =
                source.equals(BUSY) ? FileEdit.Effect.of(BUSY) : edit.effect().apply(source);
        boolean overlapping = underWay.contains(edit.path()) || underWay.contains(edit.source());
        return new Edited(
                edit.path(),
                edit.source(),
                edit.whole(),
                effect.form(),
                identity,
                effect.form().apply(there).digests(),
                effect.after().digests(),
                overlapping ? "overlapping" : "");
    }

    private List<FileEdited> told(ToolResult result) {
        synchronized (this) {
            if (!waiting.containsKey(result.getCall())) {
                return List.of();
            }
        }
        return inTurn(patience, reader -> told(result, reader));
    }

    private synchronized List<FileEdited> told(ToolResult result, Reader reader) {
        Announced call = waiting.remove(result.getCall());
        if (call == null) {
            return List.of();
        }
        boolean failed = !result.getOutcome().equals("success");
        List<FileEdited> told = new ArrayList<>();
        List<Edited> untouched = new ArrayList<>();
        for (Edited file : call.files()) {
            FileContent.Digests now = now(file, reader);
            if (failed && now.sameAs(file.before())) {
                untouched.add(file);
            } else {
                told.add(edited(result.getCall(), file, now, false, failed || call.failed()));
            }
        }
        if (!untouched.isEmpty()) {
            // What failed, as the agent tells it, has to have left everything as it was, and to leave it so.
            waiting.put(result.getCall(), new Announced(call.paths(), untouched, true));
        }
        return told;
    }

    private static FileContent.Digests now(Edited file, Reader reader) {
        return file.after().known()
                ? file.form().apply(reader.read(file.path())).digests()
                : file.after();
    }

    private static FileEdited edited(
            String call, Edited file, FileContent.Digests now, boolean untold, boolean failed) {
        boolean same = file.after().sameAs(now);
        boolean blanksOnly = file.after().almostSameAs(now);
        String unknown = file.after().known() ? now.unknown() : file.after().unknown();
        return FileEdited.newBuilder()
                .setCall(call)
                .setPath(file.path())
                .setAnnouncedSha256(file.after().sha256())
                .setWrittenSha256(now.sha256())
                .setBlanksOnly(blanksOnly)
                .setUncompared(unknown.isEmpty() && !same && !blanksOnly ? file.doubt() : unknown)
                .setUntold(untold)
                .setFailed(failed)
                .build();
    }

    private void tell(FileEdited edited) {
        try {
            outbox.publish(
                    Channel.EVIDENCE, Clock.nowNanos(), Event.newBuilder().setFileEdited(edited));
        } catch (SpoolException e) {
            // The journal has frozen the session.
        }
    }

    private interface Reader {
        FileContent read(String path);
    }

    /** Reads in this session's turn, or nothing when it does not come in time. */
    private <T> T inTurn(Duration limit, Function<Reader, T> work) {
        if (!turnComes(limit)) {
            return work.apply(path -> BUSY);
        }
        try {
            return work.apply(this::read);
        } finally {
            turn.release();
        }
    }

    private boolean turnComes(Duration limit) {
        try {
            return turn.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Optional<BeneathFile.Identity> identity(String path) {
        return binds.place(path).flatMap(place -> BeneathFile.identity(place.folder(), place.name()));
    }

    private FileContent read(String path) {
        Optional<BoundFolders.Place> place = binds.place(path);
        if (place.isEmpty()) {
            return FileContent.unknown("not-on-host");
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (BeneathFile file =
                BeneathFile.open(place.get().folder(), place.get().name())) {
            byte[] chunk = file.read();
            while (chunk.length > 0) {
                if (content.size() + chunk.length > FileContent.MAX) {
                    return FileContent.unknown("too-large");
                }
                content.writeBytes(chunk);
                chunk = file.read();
            }
            return FileContent.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content.toByteArray()))
                    .toString());
        } catch (PosixException e) {
            return e.errno() == Posix.ENOENT ? FileContent.NONE : FileContent.unknown("unreadable");
        } catch (CharacterCodingException e) {
            return FileContent.unknown("not-text");
        } catch (IOException e) {
            return FileContent.unknown("unreadable");
        }
    }
}
