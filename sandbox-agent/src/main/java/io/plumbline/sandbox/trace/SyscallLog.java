package io.plumbline.sandbox.trace;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.plumbline.events.v1.Endpoint;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the sentry's log in its JSON form, and in it what {@code --strace} writes (gVisor
 * {@code pkg/sentry/strace}, version 20240729): {@code strace.go:599] [ group: thread] NAME X call(arguments) = result}.
 *
 * <p>The workload chooses the thread's name and every path in it. The call is found from the left behind a name of at most 15
 * characters, the result from the right; where that leaves more than one reading the line is refused, where it leaves more
 * than one way to tell two paths apart the call is {@link NamedCall.What.Unclear}. A pure function of the bytes.
 *
 * <p>The sentry writes an object and the end of its line apart ({@code pkg/log}, {@code Writer.Write}): two threads may write
 * two objects on one line and an empty line behind it, and the last line of a killed sentry may have no end.
 */
final class SyscallLog {
    private static final int MAX_THREAD_NAME = 15;

    private static final String SOURCE = "strace.go:";
    /** Process and thread as the whole sandbox knows them; then, where it has others, as their own namespace does. */
    private static final Pattern HEAD = Pattern.compile("strace\\.go:\\d{1,6}\\] "
            + "\\[ {0,4}(\\d{1,9})(?:\\( {0,4}\\d{1,9}\\))?: {0,4}(\\d{1,9})(?:\\( {0,4}\\d{1,9}\\))?\\] ");

    private static final Pattern CALL = Pattern.compile(" ([EX]) ([a-z][a-z0-9_]{1,24})\\(");
    private static final Pattern RESULT = Pattern.compile(
            "\\) = -?\\d{1,20} \\(0x[0-9a-f]{1,16}\\)(?: errno=(\\d{1,6}) \\([^()]{0,100}\\))? \\([^() ]{1,40}\\)");
    private static final Pattern SEPARATOR =
            Pattern.compile(", (?=(?:-?0x[0-9a-f]{1,16}|AT_FDCWD|<null>|0o[0-7]+)(?:[ ,]|$))");
    private static final Pattern NAME = Pattern.compile("0x[0-9a-f]{1,16} (.*)", Pattern.DOTALL);

    /** A descriptor below zero, which none is but which goes with an absolute path, is written with a sign. */
    private static final Pattern DESCRIPTOR =
            Pattern.compile("(AT_FDCWD|(-?)0x([0-9a-f]{1,16}))(?: (.*))?", Pattern.DOTALL);

    private static final Pattern PEER =
            Pattern.compile("\\{Family: (AF_INET6?), Addr: ([0-9a-fA-F.:]{2,45}), Port: (\\d{1,5})\\}, 0x[0-9a-f]+$");
    private static final Pattern UNIX_PEER =
            Pattern.compile(" \\{Family: AF_UNIX, Addr: (.{0,110})\\}, 0x[0-9a-f]+$", Pattern.DOTALL);
    private static final Pattern NAMED_MESSAGE =
            Pattern.compile(".*\\{name=0x[0-9a-f]+, namelen=[1-9][0-9]*, .*", Pattern.DOTALL);
    private static final String UNDECODED = "(error decoding path: ";

    /** Where a call's arguments are. D: descriptor, P: path, x: anything that the workload does not write. */
    private record Shape(String operation, String arguments) {}

    private static final Map<String, Shape> CHANGES = Map.ofEntries(
            Map.entry("unlink", new Shape("unlink", "P")),
            Map.entry("unlinkat", new Shape("unlink", "DPx")),
            Map.entry("rename", new Shape("rename", "PP")),
            Map.entry("renameat", new Shape("rename", "DPDP")),
            Map.entry("renameat2", new Shape("rename", "DPDPx")),
            Map.entry("chmod", new Shape("chmod", "Px")),
            Map.entry("fchmod", new Shape("chmod", "Dx")),
            Map.entry("fchmodat", new Shape("chmod", "DPx")),
            Map.entry("link", new Shape("link", "PP")),
            Map.entry("linkat", new Shape("link", "DPDPx")),
            Map.entry("symlink", new Shape("symlink", "PP")),
            Map.entry("symlinkat", new Shape("symlink", "PDP")),
            Map.entry("truncate", new Shape("truncate", "Px")),
            Map.entry("mkdir", new Shape("mkdir", "Px")),
            Map.entry("mkdirat", new Shape("mkdir", "DPx")),
            Map.entry("rmdir", new Shape("rmdir", "P")));

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(4)
                    .maxStringLength(128 * 1024)
                    .build())
            .build();

    private SyscallLog() {}

    /** What a line is. */
    sealed interface Line {
        /** A call that has ended. */
        record Ended(NamedCall call) implements Line {}

        /** A line of the log that tells no ended call. */
        record Aside() implements Line {}

        /** The sentry says that it could not write so many lines. */
        record Dropped(long lines) implements Line {}

        /** What the sentry would not write, or what has more than one reading. */
        record Unreadable(String reason) implements Line {}
    }

    private static final Line ASIDE = new Line.Aside();
    private static final Pattern DROPPED = Pattern.compile("\\*\\*\\* Dropped (\\d{1,15}) log messages \\*\\*\\*");

    /**
     * What one line tells, in its order; nothing for an empty one. What cannot be read ends it: nobody can say where the next
     * object would begin.
     */
    static List<Line> parse(byte[] line) {
        if (line.length > 0 && line[0] == '*' && line.length < 100) {
            Matcher dropped = DROPPED.matcher(new String(line, java.nio.charset.StandardCharsets.ISO_8859_1));
            if (dropped.matches()) {
                return List.of(new Line.Dropped(Long.parseLong(dropped.group(1))));
            }
        }
        List<Line> told = new ArrayList<>(1);
        try (JsonParser json = JSON.createParser(line)) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                expect(token, JsonToken.START_OBJECT);
                told.add(object(json));
            }
        } catch (IOException e) {
            told.add(new Line.Unreadable("a log line that is not JSON"));
        } catch (MalformedTraceException e) {
            told.add(new Line.Unreadable(String.valueOf(e.getMessage())));
        }
        return told;
    }

    /** One object, whose beginning was read. A call that cannot be read takes nothing from those behind it. */
    private static Line object(JsonParser json) throws IOException, MalformedTraceException {
        String message = "";
        String time = "";
        JsonToken token = json.nextToken();
        while (token == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            expect(json.nextToken(), JsonToken.VALUE_STRING);
            if (field.equals("msg")) {
                message = json.getText();
            } else if (field.equals("time")) {
                time = json.getText();
            }
            token = json.nextToken();
        }
        expect(token, JsonToken.END_OBJECT);
        try {
            return message.startsWith(SOURCE) ? call(message, nanos(time)) : ASIDE;
        } catch (MalformedTraceException e) {
            return new Line.Unreadable(String.valueOf(e.getMessage()));
        }
    }

    private static void expect(@org.jspecify.annotations.Nullable JsonToken found, JsonToken expected)
            throws MalformedTraceException {
        if (found != expected) {
            throw new MalformedTraceException("a log line with " + found + " (expected: " + expected + ")");
        }
    }

    private static long nanos(String time) throws MalformedTraceException {
        try {
            Instant instant = Instant.parse(time);
            return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), 1_000_000_000L), instant.getNano());
        } catch (DateTimeException | ArithmeticException e) {
            throw new MalformedTraceException("a log line without a time");
        }
    }

    private static Line call(String message, long time) throws MalformedTraceException {
        Matcher head = HEAD.matcher(message);
        if (!head.lookingAt()) {
            throw new MalformedTraceException("a system call line without a thread");
        }
        Matcher call = CALL.matcher(message);
        int from = head.end();
        if (!call.find(from) || call.start() - from > MAX_THREAD_NAME) {
            throw new MalformedTraceException("a system call line without a call");
        }
        int start = call.start();
        String kind = call.group(1);
        String name = call.group(2);
        int arguments = call.end();
        // A thread may be called "x X unlink(0x0 ": then nobody can say where the name ends.
        if (call.find(start + 1) && call.start() - from <= MAX_THREAD_NAME) {
            throw new MalformedTraceException("a system call line with two readings");
        }
        if (kind.equals("E")) {
            return ASIDE;
        }
        int end = message.lastIndexOf(") = ");
        if (end < arguments) {
            throw new MalformedTraceException("a system call line without a result");
        }
        Matcher result = RESULT.matcher(message);
        result.region(end, message.length());
        if (!result.matches()) {
            throw new MalformedTraceException("a system call line with an unknown result");
        }
        long error = result.group(1) == null ? 0 : Long.parseLong(result.group(1));
        return new Line.Ended(new NamedCall(
                time,
                Integer.parseInt(head.group(1)),
                Integer.parseInt(head.group(2)),
                message.substring(from, start),
                name,
                error,
                what(name, message.substring(arguments, end))));
    }

    private static NamedCall.What what(String name, String text) throws MalformedTraceException {
        Shape shape = CHANGES.get(name);
        if (shape != null) {
            return change(name, shape, text);
        }
        return switch (name) {
            case "mount" -> {
                Optional<List<String>> parts = split(text, 5);
                yield new NamedCall.What.Other(
                        parts.map(all -> NamedCall.Name.inWorkingDirectory(path(all.get(1)))), Optional.empty(), text);
            }
            case "umount2", "memfd_create" -> {
                String path = path(text.substring(0, Math.max(0, text.lastIndexOf(", "))));
                yield new NamedCall.What.Other(
                        Optional.of(
                                name.equals("umount2")
                                        ? NamedCall.Name.inWorkingDirectory(path)
                                        : new NamedCall.Name("memfd:", -1, path)),
                        Optional.empty(),
                        text);
            }
            case "setns" ->
                new NamedCall.What.Other(
                        Optional.of(descriptor(text.substring(0, Math.max(0, text.lastIndexOf(", "))))),
                        Optional.empty(),
                        text);
            case "sendto" -> {
                Optional<Endpoint> peer = peer(text);
                yield peer.isEmpty() && text.endsWith(", 0x0")
                        ? new NamedCall.What.Sent()
                        : new NamedCall.What.Other(Optional.empty(), peer, text);
            }
            case "sendmsg" ->
                NAMED_MESSAGE.matcher(text).matches()
                        ? new NamedCall.What.Other(Optional.empty(), Optional.empty(), text)
                        : new NamedCall.What.Sent();
            default -> new NamedCall.What.Other(Optional.empty(), Optional.empty(), text);
        };
    }

    private static NamedCall.What change(String name, Shape shape, String text) throws MalformedTraceException {
        int count = shape.arguments().length();
        String named = text;
        String last = "";
        if (shape.arguments().endsWith("x")) {
            int comma = text.lastIndexOf(", ");
            if (comma < 0) {
                throw new MalformedTraceException(name + " with one argument");
            }
            named = text.substring(0, comma);
            last = text.substring(comma + 2);
            count--;
        }
        String operation = name.equals("unlinkat") && last.equals("0x200") ? "rmdir" : shape.operation();
        Optional<List<String>> split = split(named, count);
        if (split.isEmpty()) {
            return new NamedCall.What.Unclear(operation, named);
        }
        List<NamedCall.Name> names = new ArrayList<>(2);
        NamedCall.Name folder = NamedCall.Name.inWorkingDirectory("");
        boolean below = false;
        for (int i = 0; i < count; i++) {
            String part = split.get().get(i);
            if (shape.arguments().charAt(i) == 'D') {
                folder = descriptor(part);
                below = true;
            } else {
                names.add(
                        below
                                ? new NamedCall.Name(folder.folder(), folder.descriptor(), path(part))
                                : NamedCall.Name.inWorkingDirectory(path(part)));
                below = false;
            }
        }
        if (names.isEmpty()) {
            names.add(folder);
        }
        return new NamedCall.What.Change(
                operation, names.getFirst(), names.size() > 1 ? Optional.of(names.get(1)) : Optional.empty());
    }

    /** The arguments apart; empty when there is more than one way, since a path holds what looks like a border. */
    private static Optional<List<String>> split(String text, int count) throws MalformedTraceException {
        List<String> parts = new ArrayList<>(count);
        Matcher separator = SEPARATOR.matcher(text);
        int from = 0;
        while (separator.find()) {
            if (parts.size() == count - 1) {
                return Optional.empty();
            }
            parts.add(text.substring(from, separator.start()));
            from = separator.end();
        }
        parts.add(text.substring(from));
        if (parts.size() != count) {
            throw new MalformedTraceException(parts.size() + " arguments (expected: " + count + ")");
        }
        return Optional.of(parts);
    }

    /** A path behind its address; empty when the kernel could not read it. */
    private static String path(String part) {
        Matcher name = NAME.matcher(part);
        if (!name.matches() || name.group(1).startsWith(UNDECODED)) {
            return "";
        }
        return name.group(1);
    }

    private static NamedCall.Name descriptor(String part) throws MalformedTraceException {
        Matcher descriptor = DESCRIPTOR.matcher(part);
        if (!descriptor.matches()) {
            throw new MalformedTraceException("not a descriptor");
        }
        int number = descriptor.group(1).equals("AT_FDCWD")
                ? NamedCall.Name.WORKING_DIRECTORY
                : (int) Long.parseUnsignedLong(descriptor.group(3), 16);
        if ("-".equals(descriptor.group(2))) {
            number = -number;
        }
        String folder = descriptor.group(4);
        return new NamedCall.Name(folder != null && folder.startsWith("/") ? folder : "", number, "");
    }

    private static Optional<Endpoint> peer(String text) {
        Matcher inet = PEER.matcher(text);
        if (inet.find()) {
            return Optional.of(Endpoint.newBuilder()
                    .setFamily(inet.group(1).equals("AF_INET") ? "inet" : "inet6")
                    .setAddress(inet.group(2))
                    .setPort(Integer.parseInt(inet.group(3)))
                    .build());
        }
        Matcher unix = UNIX_PEER.matcher(text);
        return unix.find()
                ? Optional.of(Endpoint.newBuilder()
                        .setFamily("unix")
                        .setAddress(unix.group(1))
                        .build())
                : Optional.empty();
    }
}
