package io.plumbline.events.claims;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.EventIds;
import io.plumbline.events.EventLimits;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RawClaim;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One action per call, however many channels report it: hooks, OpenTelemetry and transcripts of one session go through here on
 * their way to the log. The first sighting of a call is its {@code ToolCall}; later ones become a {@code RawClaim}, unless they
 * tell something else, which is a {@code ToolCall} that says whom it contradicts. A call that the hook waits for always
 * passes, since its answer refers to it. Where hooks are expected, what another channel tells first waits a little for the
 * hook.
 *
 * <p>Bounded; what it forgets is published once more. Not safe for use by several threads.
 */
public final class CallLedger {
    /** Calls remembered; a session has hundreds. */
    static final int MAX_CALLS = 1024;

    /** Calls that wait for their hook. */
    static final int MAX_WAITING = 128;

    /** Texts that were said, remembered by their hash. */
    static final int MAX_TEXTS = 2048;

    /** Characters of commands, paths, arguments and waiting calls that are kept; a session of an honest agent has a few million. */
    static final long MAX_KEPT = 8 << 20;

    /** How long another channel may be ahead of the hook, nanoseconds. */
    static final long GRACE_NANOS = 10_000_000_000L;

    /** What is kept of a command to recognise one that a channel has cut short. */
    private static final int KEPT = 4096;

    /** Shorter beginnings prove nothing. */
    private static final int MIN_CUT = 64;

    private final boolean hooked;
    private final LinkedHashMap<String, Known> calls = new LinkedHashMap<>();
    private final Map<String, List<Known>> byArguments = new HashMap<>();
    private final LinkedHashMap<String, Texts> texts = new LinkedHashMap<>();
    private int waiting;
    private long kept;

    private static final class Known {
        final String id;
        final String fingerprint;
        final String tool;
        final String channel;
        final String command;
        final String commandHash;
        final Set<String> paths;
        final Map<String, String> arguments;
        final Set<String> calledBy = new HashSet<>();
        final Set<String> endedBy = new HashSet<>();
        boolean output;
        boolean exitCode;
        final long size;
        Event.@Nullable Builder waiting;
        long waitingSize;
        long until;

        Known(String id, String fingerprint, ToolCall call, JsonNode arguments) {
            this.id = id;
            this.fingerprint = fingerprint;
            this.tool = call.getTool();
            this.channel = call.getSource();
            this.command = start(call.getCommand().strip());
            this.commandHash = EventIds.sha256Hex(call.getCommand().strip());
            this.paths = Set.copyOf(call.getPathsList());
            this.arguments = scalars(arguments);
            this.size = id.length() + command.length() + length(paths) + length(this.arguments.values());
        }

        private static long length(Collection<String> texts) {
            return texts.stream().mapToLong(String::length).sum();
        }
    }

    private static final class Texts {
        final Map<String, Integer> byChannel = new HashMap<>();
        int published;
    }

    /** @param hooked true: the agent announces each call by a hook before it runs */
    public CallLedger(boolean hooked) {
        this.hooked = hooked;
    }

    /**
     * Takes one claim.
     *
     * @param channel where it came from: hook, otlp or transcript
     * @param claim with its event time set; may be changed
     * @param nowNanos nanoseconds since the epoch, to tell how long a call waits for its hook
     * @return what is to be published, in this order; may be empty
     */
    public List<Event.Builder> admit(String channel, Event.Builder claim, long nowNanos) {
        List<Event.Builder> out = new ArrayList<>(overdue(nowNanos));
        switch (claim.getPayloadCase()) {
            case TOOL_CALL -> called(channel, claim, nowNanos, out);
            case TOOL_RESULT -> ended(channel, claim, out);
            case PROMPT -> said("prompt\n" + claim.getPrompt().getText().strip(), channel, claim, out);
            case MESSAGE -> said("message\n" + claim.getMessage().getText().strip(), channel, claim, out);
            case REASONING ->
                said("reasoning\n" + claim.getReasoning().getText().strip(), channel, claim, out);
            case PLAN -> said("plan\n" + claim.getPlan().getItemsList(), channel, claim, out);
            default -> out.add(claim);
        }
        return out;
    }

    /** The calls that have waited for their hook in vain; they are to be published as they are. */
    public List<Event.Builder> overdue(long nowNanos) {
        return release(nowNanos);
    }

    /** Whatever still waits: the session is over. */
    public List<Event.Builder> rest() {
        return release(Long.MAX_VALUE);
    }

    /** Characters that are kept at the moment, at most about {@value #MAX_KEPT}; for whoever has many ledgers. */
    public long kept() {
        return kept + 64L * texts.size();
    }

    private List<Event.Builder> release(long nowNanos) {
        if (waiting == 0) {
            return List.of();
        }
        List<Event.Builder> out = new ArrayList<>();
        for (Known known : calls.values()) {
            if (known.waiting != null && known.until <= nowNanos) {
                publishWaiting(known, out);
            }
        }
        return out;
    }

    private void called(String channel, Event.Builder claim, long nowNanos, List<Event.Builder> out) {
        ToolCall.Builder call = claim.getToolCallBuilder();
        JsonNode arguments = BoundedJson.embedded(call.getArgumentsJson());
        String fingerprint = CallIds.fingerprint(call.getTool(), arguments);
        Known known = call.getEscalation() ? newest(call.getCall()) : known(call.getCall(), channel, call.getGated());
        if (known == null) {
            String id = call.getCall().isEmpty() ? CallIds.BY_ARGUMENTS + fingerprint : call.getCall();
            if (calls.containsKey(id)) {
                id = id + "#"
                        + (byArguments.getOrDefault(fingerprint, List.of()).size() + 1);
            }
            call.setCall(id);
            known = new Known(id, fingerprint, call.build(), arguments);
            known.calledBy.add(channel);
            remember(known, out);
            if (!call.getGated() && hooked && waiting < MAX_WAITING) {
                known.waiting = claim;
                known.waitingSize =
                        call.getCommand().length() + call.getArgumentsJson().length();
                known.until = nowNanos + GRACE_NANOS;
                kept += known.waitingSize;
                waiting++;
                return;
            }
            out.add(claim);
            return;
        }
        known.calledBy.add(channel);
        call.setCall(known.id);
        boolean differs = differs(known, call, arguments);
        if (differs) {
            publishWaiting(known, out);
            call.setContradicts(known.channel);
        }
        if (known.waiting != null && call.getGated()) {
            waitsNoLonger(known);
        }
        out.add(differs || call.getGated() ? claim : sighting(channel, known, claim, call.getArgumentsJson()));
    }

    private void ended(String channel, Event.Builder claim, List<Event.Builder> out) {
        ToolResult.Builder result = claim.getToolResultBuilder();
        Known known = result.getCall().startsWith(CallIds.BY_ARGUMENTS)
                ? unended(result.getCall(), channel)
                : calls.get(result.getCall());
        if (known == null) {
            out.add(claim);
            return;
        }
        // It ran: its hook will not come any more.
        publishWaiting(known, out);
        result.setCall(known.id);
        if (result.getTool().isEmpty()) {
            result.setTool(known.tool);
        }
        boolean first = known.endedBy.isEmpty();
        boolean adds =
                result.hasExitCode() && !known.exitCode || !result.getOutput().isBlank() && !known.output;
        known.endedBy.add(channel);
        known.exitCode |= result.hasExitCode();
        known.output |= !result.getOutput().isBlank();
        out.add(first || adds ? claim : sighting(channel, known, claim, result.getOutcome()));
    }

    /** A repetition by the same channel is said again; the same words from another channel are the same act. */
    private void said(String text, String channel, Event.Builder claim, List<Event.Builder> out) {
        String key = EventIds.sha256Hex(text).substring(0, 32);
        Texts known = texts.computeIfAbsent(key, unknown -> new Texts());
        int times = known.byChannel.merge(channel, 1, Integer::sum);
        if (times > known.published) {
            known.published = times;
            out.add(claim);
        }
        if (texts.size() > MAX_TEXTS) {
            texts.pollFirstEntry();
        }
    }

    private @Nullable Known known(String id, String channel, boolean gated) {
        if (!id.startsWith(CallIds.BY_ARGUMENTS)) {
            return id.isEmpty() ? null : calls.get(id);
        }
        for (Known known : named(id)) {
            boolean free = gated ? known.waiting != null : !known.calledBy.contains(channel);
            if (free) {
                return known;
            }
        }
        return null;
    }

    /** The call that an agent asks about once more. */
    private @Nullable Known newest(String id) {
        if (!id.startsWith(CallIds.BY_ARGUMENTS)) {
            return calls.get(id);
        }
        List<Known> named = named(id);
        return named.isEmpty() ? null : named.getLast();
    }

    private @Nullable Known unended(String id, String channel) {
        List<Known> named = named(id);
        for (Known known : named) {
            if (!known.endedBy.contains(channel)) {
                return known;
            }
        }
        return named.isEmpty() ? null : named.getLast();
    }

    private List<Known> named(String id) {
        return byArguments.getOrDefault(id.substring(CallIds.BY_ARGUMENTS.length()), List.of());
    }

    private void remember(Known known, List<Event.Builder> out) {
        calls.put(known.id, known);
        kept += known.size;
        byArguments
                .computeIfAbsent(known.fingerprint, none -> new ArrayList<>(1))
                .add(known);
        while (calls.size() > MAX_CALLS || (kept > MAX_KEPT && calls.size() > 1)) {
            Iterator<Known> eldest = calls.values().iterator();
            Known forgotten = eldest.next();
            eldest.remove();
            kept -= forgotten.size;
            publishWaiting(forgotten, out);
            byArguments.computeIfPresent(forgotten.fingerprint, (fingerprint, same) -> {
                same.remove(forgotten);
                return same.isEmpty() ? null : same;
            });
        }
    }

    private void publishWaiting(Known known, List<Event.Builder> out) {
        if (known.waiting != null) {
            out.add(known.waiting);
            waitsNoLonger(known);
        }
    }

    private void waitsNoLonger(Known known) {
        known.waiting = null;
        kept -= known.waitingSize;
        waiting--;
    }

    /** Channels name tools and arguments in words of their own; what runs and what is touched must be the same. */
    private static boolean differs(Known known, ToolCall.Builder call, JsonNode arguments) {
        String command = call.getCommand().strip();
        if (!known.command.isEmpty() && !command.isEmpty()) {
            return !known.commandHash.equals(EventIds.sha256Hex(command)) && !cutShort(known.command, start(command));
        }
        if (!known.paths.isEmpty() && call.getPathsCount() > 0) {
            return !known.paths.equals(Set.copyOf(call.getPathsList()));
        }
        if (!known.tool.equals(call.getTool())) {
            return false;
        }
        Map<String, String> others = scalars(arguments);
        return known.arguments.entrySet().stream().anyMatch(argument -> {
            String other = others.get(argument.getKey());
            return other != null && !other.equals(argument.getValue()) && !cutShort(argument.getValue(), other);
        });
    }

    /** Telemetry cuts long values and marks the place. */
    private static boolean cutShort(String one, String other) {
        String longer = one.length() >= other.length() ? one : other;
        String shorter = one.length() >= other.length() ? other : one;
        for (String mark : List.of("…", "...", "[TRUNCATED", "[truncated")) {
            int at = shorter.lastIndexOf(mark);
            if (at >= MIN_CUT && longer.startsWith(shorter.substring(0, at))) {
                return true;
            }
        }
        return false;
    }

    private static Map<String, String> scalars(JsonNode arguments) {
        Map<String, String> values = new HashMap<>();
        arguments.properties().forEach(member -> {
            if (member.getValue().isValueNode() && !member.getValue().isNull() && values.size() < 32) {
                values.put(member.getKey(), start(member.getValue().asText()));
            }
        });
        return values;
    }

    private static String start(String text) {
        return text.length() <= KEPT ? text : text.substring(0, KEPT);
    }

    private static Event.Builder sighting(String channel, Known known, Event.Builder claim, String told) {
        return Event.newBuilder()
                .setEventTimeNs(claim.getEventTimeNs())
                .setRawClaim(RawClaim.newBuilder()
                        .setSource(channel + ":sighting:" + known.id)
                        .setJson(EventLimits.cut(told, EventLimits.MAX_JSON_BYTES)));
    }
}
