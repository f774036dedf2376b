package io.plumbline.sandbox.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileEdited;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Holds what edits leave against what was announced. When a hook announces one, the file is read and the edit's arguments are applied to it;
 * when the agent tells the result, or the session ends without one, the file is read again, and {@link FileEdited} tells both digests. Only
 * what is bound into the sandbox can be read, as texts of at most {@value #MAX_BYTES} bytes; contents do not leave the host this way.
 */
final class EditedFiles implements SessionOutbox {
    static final int MAX_BYTES = 4 << 20;

    /** Edits that wait for their result; an agent makes one after another. */
    static final int MAX_WAITING = 256;

    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern BLANKS = Pattern.compile("[ \\t\\r]+(?=\\n|\\z)");

    private final SessionOutbox outbox;
    private final Map<String, Announced> waiting = new LinkedHashMap<>();
    private BoundFolders binds = BoundFolders.NONE;

    /** A file's content as it is, or why it is not known; without either there is no such file. */
    private record Content(Optional<String> text, String unknown) {
        static final Content NONE = new Content(Optional.empty(), "");

        static Content of(String text) {
            return new Content(Optional.of(text), "");
        }

        static Content unknown(String why) {
            return new Content(Optional.empty(), why);
        }

        Seen seen() {
            return new Seen(
                    text.map(EventIds::sha256Hex).orElse(""),
                    text.map(known -> EventIds.sha256Hex(BLANKS.matcher(known).replaceAll("")))
                            .orElse(""),
                    unknown);
        }
    }

    /**
     * What is kept of a content: digests.
     *
     * @param blankless of it without blanks at the ends of lines
     */
    private record Seen(String sha256, String blankless, String unknown) {}

    private record Announced(String path, Seen before, Seen after) {}

    EditedFiles(SessionOutbox outbox) {
        this.outbox = outbox;
    }

    /** What of the host is seen inside. */
    synchronized void mounted(BoundFolders folders) {
        binds = folders;
    }

    @Override
    public Event publish(Channel channel, long eventTimeNanos, Event.Builder payload) {
        if (payload.hasToolCall() && payload.getToolCall().getSource().equals("hook")) {
            // Before the gate can answer: nobody has made the edit yet.
            announced(payload.getToolCall());
        }
        Event event = outbox.publish(channel, eventTimeNanos, payload);
        if (payload.hasToolResult() && payload.getToolResult().getSource().equals("hook")) {
            told(payload.getToolResult());
        }
        return event;
    }

    /** The session has ended: edits whose result was never told, and that changed something. */
    synchronized void finish() {
        waiting.forEach((call, edit) -> {
            Seen now = read(edit.path()).seen();
            if (!now.sha256().equals(edit.before().sha256())) {
                tell(call, edit, now, true);
            }
        });
        waiting.clear();
    }

    private synchronized void announced(ToolCall call) {
        if (call.getPathsCount() != 1 || !call.getCommand().isEmpty() || waiting.size() >= MAX_WAITING) {
            return;
        }
        JsonNode arguments;
        try {
            arguments = JSON.readTree(call.getArgumentsJson());
        } catch (JsonProcessingException e) {
            return;
        }
        if (!edits(call.getTool(), arguments)) {
            return;
        }
        String named = call.getPaths(0);
        String path = named.startsWith("/") ? named : call.getCwd() + "/" + named;
        Content before = read(path);
        waiting.putIfAbsent(
                call.getCall(),
                new Announced(path, before.seen(), applied(before, arguments).seen()));
    }

    private synchronized void told(ToolResult result) {
        Announced edit = waiting.remove(result.getCall());
        if (edit == null) {
            return;
        }
        Seen now = read(edit.path()).seen();
        // What failed, as the agent tells it, has to have left everything as it was.
        boolean untouched = now.sha256().equals(edit.before().sha256());
        if (result.getOutcome().equals("success") || !untouched) {
            tell(result.getCall(), edit, now, false);
        }
    }

    private void tell(String call, Announced edit, Seen now, boolean untold) {
        String uncompared =
                edit.after().unknown().isEmpty() ? now.unknown() : edit.after().unknown();
        boolean same = edit.after().sha256().equals(now.sha256());
        try {
            outbox.publish(
                    Channel.EVIDENCE,
                    Clock.nowNanos(),
                    Event.newBuilder()
                            .setFileEdited(FileEdited.newBuilder()
                                    .setCall(call)
                                    .setPath(edit.path())
                                    .setAnnouncedSha256(edit.after().sha256())
                                    .setWrittenSha256(now.sha256())
                                    .setBlanksOnly(!same
                                            && !now.sha256().isEmpty()
                                            && edit.after().blankless().equals(now.blankless()))
                                    .setUncompared(uncompared)
                                    .setUntold(untold)));
        } catch (SpoolException e) {
            // The journal has frozen the session.
        }
    }

    /** Whether the arguments say what a file will hold: those of Claude Code, Gemini CLI, Qwen Code and opencode. */
    private static boolean edits(String tool, JsonNode arguments) {
        return switch (tool) {
            case "Write", "write_file", "write" -> arguments.path("content").isTextual();
            case "Edit", "MultiEdit", "edit", "replace" ->
                arguments.path("edits").isArray()
                        || text(arguments, "new_string", "newString").isPresent();
            default -> false;
        };
    }

    /** The content after the edit. */
    private static Content applied(Content before, JsonNode arguments) {
        if (arguments.path("content").isTextual()) {
            return bounded(arguments.path("content").textValue());
        }
        if (!before.unknown().isEmpty()) {
            return before;
        }
        JsonNode several = arguments.path("edits");
        List<JsonNode> edits = several.isArray() ? several.valueStream().toList() : List.of(arguments);
        String text = before.text().orElse("");
        for (JsonNode edit : edits) {
            Optional<String> old = text(edit, "old_string", "oldString");
            Optional<String> replacement = text(edit, "new_string", "newString");
            if (old.isEmpty() || replacement.isEmpty()) {
                return Content.unknown("unreadable-arguments");
            }
            if (old.get().isEmpty()) {
                text = replacement.get();
            } else if (text.contains(old.get())) {
                boolean all = edit.path("replace_all").asBoolean()
                        || edit.path("replaceAll").asBoolean()
                        || edit.path("expected_replacements").asInt(1) > 1;
                text = all
                        ? text.replace(old.get(), replacement.get())
                        : replaceFirst(text, old.get(), replacement.get());
            } else {
                // Agents look for what is nearly the same too, each in its own way.
                return Content.unknown("not-found");
            }
            if (text.length() > MAX_BYTES) {
                return Content.unknown("too-large");
            }
        }
        return bounded(text);
    }

    private static String replaceFirst(String text, String old, String replacement) {
        int at = text.indexOf(old);
        return text.substring(0, at) + replacement + text.substring(at + old.length());
    }

    private static Content bounded(String text) {
        return text.length() > MAX_BYTES ? Content.unknown("too-large") : Content.of(text);
    }

    private static Optional<String> text(JsonNode node, String... names) {
        for (String name : names) {
            if (node.path(name).isTextual()) {
                return Optional.of(node.path(name).textValue());
            }
        }
        return Optional.empty();
    }

    private Content read(String path) {
        Optional<BoundFolders.Place> place = binds.place(path);
        if (place.isEmpty()) {
            return Content.unknown("not-on-host");
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (BeneathFile file =
                BeneathFile.open(place.get().folder(), place.get().name())) {
            byte[] chunk = file.read();
            while (chunk.length > 0) {
                if (content.size() + chunk.length > MAX_BYTES) {
                    return Content.unknown("too-large");
                }
                content.writeBytes(chunk);
                chunk = file.read();
            }
            return Content.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content.toByteArray()))
                    .toString());
        } catch (PosixException e) {
            return e.errno() == Posix.ENOENT ? Content.NONE : Content.unknown("unreadable");
        } catch (CharacterCodingException e) {
            return Content.unknown("not-text");
        } catch (IOException e) {
            return Content.unknown("unreadable");
        }
    }
}
