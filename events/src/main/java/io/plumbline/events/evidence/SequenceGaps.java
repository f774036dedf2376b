package io.plumbline.events.evidence;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Which numbers of a session's telemetry are missing, by channel. Events may come twice, and late. */
final class SequenceGaps {
    /** Ranges of a channel that are kept apart; further ones are told as one, which may hold numbers that are there. */
    private static final int MAX_RANGES = 200;

    private final Map<Channel, Numbers> channels = new EnumMap<>(Channel.class);

    private static final class Numbers {
        private final TreeMap<Long, Long> missing = new TreeMap<>();
        private long highest;
        private long announced;
    }

    void add(Event event) {
        if (event.hasHeartbeat()) {
            Heartbeat heartbeat = event.getHeartbeat();
            announced(Channel.CLAIMS, heartbeat.getLastClaimsSeq());
            announced(Channel.EVIDENCE, heartbeat.getLastEvidenceSeq());
        }
        long seq = event.getSeq();
        if (seq <= 0 || event.getChannel() == Channel.UNRECOGNIZED) {
            return;
        }
        Numbers numbers = numbers(event.getChannel());
        if (seq > numbers.highest) {
            if (seq > numbers.highest + 1) {
                put(numbers, numbers.highest + 1, seq - 1);
            }
            numbers.highest = seq;
        } else {
            arrived(numbers, seq);
        }
    }

    private void announced(Channel channel, long seq) {
        if (seq > 0) {
            Numbers numbers = numbers(channel);
            numbers.announced = Math.max(numbers.announced, seq);
        }
    }

    private Numbers numbers(Channel channel) {
        return channels.computeIfAbsent(channel, absent -> new Numbers());
    }

    private static void put(Numbers numbers, long from, long to) {
        if (numbers.missing.size() >= MAX_RANGES) {
            numbers.missing.put(numbers.missing.lastKey(), to);
        } else {
            numbers.missing.put(from, to);
        }
    }

    private static void arrived(Numbers numbers, long seq) {
        Map.Entry<Long, Long> range = numbers.missing.floorEntry(seq);
        if (range == null || range.getValue() < seq) {
            return;
        }
        boolean inside = range.getKey() < seq && seq < range.getValue();
        if (inside && numbers.missing.size() >= MAX_RANGES) {
            // One range that says a little too much is missing, instead of one more.
            return;
        }
        numbers.missing.remove(range.getKey());
        if (range.getKey() < seq) {
            numbers.missing.put(range.getKey(), seq - 1);
        }
        if (seq < range.getValue()) {
            numbers.missing.put(seq + 1, range.getValue());
        }
    }

    /** As {@code evidence 5-7}, by channel and number; what a heartbeat tells of and nobody has seen is missing at the end. */
    List<String> told() {
        List<String> told = new ArrayList<>();
        channels.forEach((channel, numbers) -> {
            String name = channel.name().toLowerCase(Locale.ROOT);
            numbers.missing.forEach((from, to) -> told.add(name + " " + from + "-" + to));
            if (numbers.announced > numbers.highest) {
                told.add(name + " " + (numbers.highest + 1) + "-" + numbers.announced);
            }
        });
        return told;
    }
}
