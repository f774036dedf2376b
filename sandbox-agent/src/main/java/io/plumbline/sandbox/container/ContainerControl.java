package io.plumbline.sandbox.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * One container and the runtime that runs it. Every call ends within its limit, and reads a bounded answer. Pauses do not nest; a pause
 * of a paused container is refused by some runtimes, so ask {@link #inspect} what a refusal means. Safe for use by several threads.
 */
public interface ContainerControl extends AutoCloseable {
    /** What runtimes take as the name of a container. */
    Pattern ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");

    /** Where a container is. */
    enum Status {
        /** Made, its first process has not begun. */
        CREATED,
        RUNNING,
        PAUSED,
        /** It has ended; the runtime still knows it. */
        STOPPED,
        /** The runtime does not know it. */
        ABSENT
    }

    /**
     * What the runtime says of the container.
     *
     * @param id the runtime's full name of it
     * @param pid of its first process on the host that the runtime runs on; 0 when there is none
     * @param exitCode when it has ended and the runtime says so
     */
    record Found(Status status, String id, long pid, OptionalInt exitCode) {
        static final Found ABSENT = new Found(Status.ABSENT, "", 0, OptionalInt.empty());
    }

    /** docker-api, ctr or runc: how {@code RuntimeState.mechanism} names it. */
    String mechanism();

    /** Name and version of the runtime, and the container's name, as {@code RuntimeState.runtime} carries it. */
    String description();

    /** Whether the runtime's process ids are certainly this host's. */
    boolean local();

    Found inspect(Duration limit) throws ContainerException;

    void pause(Duration limit) throws ContainerException;

    void resume(Duration limit) throws ContainerException;

    /** Sends SIGKILL to all of it. */
    void kill(Duration limit) throws ContainerException;

    /** All that the runtime tells of the container, with the names of environment variables and not their values. */
    JsonNode details(Duration limit) throws ContainerException;

    /** The processes in it by the runtime's own account; missing node when it gives none. */
    JsonNode top(Duration limit) throws ContainerException;

    @Override
    void close();

    /** @throws IllegalArgumentException when {@code id} could not be a container's */
    static String checkedId(String id) {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "container: '" + id + "' (expected: letters, digits, '_', '.' and '-', at most 128)");
        }
        return id;
    }

    /** Takes the values out of every list of environment variables, in place; their names tell enough. */
    static JsonNode withoutEnvironmentValues(JsonNode details) {
        for (String name : new String[] {"env", "Env"}) {
            for (JsonNode parent : details.findParents(name)) {
                if (parent.get(name).isArray()
                        && parent instanceof com.fasterxml.jackson.databind.node.ObjectNode object) {
                    var names = JsonNodeFactory.instance.arrayNode();
                    for (JsonNode pair : parent.get(name)) {
                        String text = pair.asText();
                        int equals = text.indexOf('=');
                        names.add(equals < 0 ? "" : text.substring(0, equals));
                    }
                    object.set(name, names);
                }
            }
        }
        return details;
    }
}
