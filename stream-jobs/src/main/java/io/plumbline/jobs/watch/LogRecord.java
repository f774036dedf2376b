package io.plumbline.jobs.watch;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * One record of the log between Kafka and the watcher, as bytes, so that Flink never has to know the contract.
 *
 * @param key {@code tenant/session}
 * @param event a serialised {@link Event}
 * @param stages a serialised {@link StageTimes}; measurement only
 */
public record LogRecord(String key, byte[] event, byte[] stages) {
    private static final byte[] NO_STAGES = new byte[0];

    static LogRecord of(Event event, StageTimes stages) {
        return new LogRecord(Topics.key(event), event.toByteArray(), stages.toByteArray());
    }

    /** The stage times in the headers of a Kafka record; empty bytes when there are none. */
    static byte[] stages(Headers headers) {
        Header header = headers.lastHeader(Topics.STAGES_HEADER);
        return header == null || header.value() == null ? NO_STAGES : header.value();
    }

    /** The event; empty when the bytes are none, which a producer that ingest did not check could have written. */
    Optional<Event> parsed() {
        try {
            return Optional.of(Event.parseFrom(event));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    StageTimes stageTimes() {
        try {
            return StageTimes.parseFrom(stages);
        } catch (InvalidProtocolBufferException e) {
            return StageTimes.getDefaultInstance();
        }
    }
}
