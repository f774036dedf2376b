package io.plumbline.sandbox.trace;

import io.plumbline.events.HidingCalls;
import io.plumbline.events.v1.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * Is hit when a decoy is opened for reading or writing, when it may have another name from now on ({@link HidingCalls}), or when
 * the cloud metadata service is connected to. Paths are compared as {@link TraceTranslator} would name them, with the process's
 * own root and working directory undone; a name through a numbered descriptor or a link that the workload made is left to the
 * watcher.
 */
public final class PolicyTripwire implements Tripwire {
    /** What freezes. Called on the trace's reader thread. */
    @FunctionalInterface
    public interface Brake {
        /** @param reason which tripwire, and what hit it */
        Hit freeze(String reason);
    }

    private static final int RAW = 6;
    private static final int OPEN = 7;
    private static final int CONNECT = 10;
    private static final int HEADER = 8;
    private static final int O_PATH = 0x200000;
    private static final Set<String> METADATA =
            Set.of("169.254.169.254", "0:0:0:0:0:ffff:a9fe:a9fe", "fd00:ec2:0:0:0:0:0:254");
    private static final List<byte[]> METADATA_BYTES = List.of(
            new byte[] {(byte) 169, (byte) 254, (byte) 169, (byte) 254},
            new byte[] {(byte) 0xfd, 0, 0x0e, (byte) 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54});
    /** Field 4 of a message with one of these numbers. */
    private static final List<byte[]> HIDING_BYTES = HidingCalls.NUMBERS.stream()
            .map(number -> new byte[] {4 << 3, (byte) (number & 0x7f | 0x80), (byte) (number >> 7)})
            .toList();

    private static final Pattern OWN_ROOT =
            Pattern.compile("/proc/(?:self|thread-self|[0-9]{1,10})(?:/task/[0-9]{1,10})?/root(?=/)");
    private static final String OWN_FOLDER = "/proc/self/cwd/";

    private final Set<String> decoys;
    private final List<byte[]> names;
    private final BooleanSupplier hiding;
    private final boolean metadata;
    private final Brake brake;

    /**
     * @param decoys absolute paths inside the sandbox
     * @param hiding whether what gives a decoy another name freezes by now; asked on the trace's reader thread
     * @param metadata whether a connection to the metadata service freezes
     */
    public PolicyTripwire(Set<String> decoys, BooleanSupplier hiding, boolean metadata, Brake brake) {
        this.decoys = Set.copyOf(decoys);
        this.hiding = hiding;
        this.names = new ArrayList<>();
        for (String decoy : this.decoys) {
            names.add(decoy.substring(decoy.lastIndexOf('/') + 1).getBytes(StandardCharsets.UTF_8));
        }
        this.metadata = metadata;
        this.brake = brake;
    }

    @Override
    public Optional<Hit> look(byte[] message) {
        if (message.length <= HEADER) {
            return Optional.empty();
        }
        int type = message[2] & 0xff | (message[3] & 0xff) << 8;
        boolean candidate = type == OPEN && holdsOne(message, names)
                || type == RAW && !decoys.isEmpty() && holdsOne(message, HIDING_BYTES) && hiding.getAsBoolean()
                || type == CONNECT && metadata && holdsOne(message, METADATA_BYTES);
        return candidate ? confirmed(message).map(brake::freeze) : Optional.empty();
    }

    private Optional<String> confirmed(byte[] message) {
        try {
            return switch (TraceDecoder.decode(message).message()) {
                case TraceMessage.Opened opened -> decoy(opened).map(path -> "tripwire honeytoken: " + path);
                case TraceMessage.Socketed connected -> {
                    Endpoint peer = SocketAddresses.decode(connected.address());
                    yield METADATA.contains(peer.getAddress())
                            ? Optional.of("tripwire metadata: " + peer.getAddress() + ":" + peer.getPort())
                            : Optional.empty();
                }
                case TraceMessage.Raw call ->
                    HidingCalls.name(call.number(), call.arguments(), call.error())
                            .map(name -> "tripwire honeytoken: hidden by " + name);
                default -> Optional.empty();
            };
        } catch (MalformedTraceException e) {
            // Counted as undecodable by the publisher.
            return Optional.empty();
        }
    }

    private Optional<String> decoy(TraceMessage.Opened open) {
        if (open.error() != 0 || (open.flags() & O_PATH) != 0) {
            return Optional.empty();
        }
        String cwd = open.context().cwd();
        boolean fromCwd = (int) open.directory() == -100 || open.directoryPath().isEmpty();
        String path = Paths.resolve(fromCwd ? cwd : open.directoryPath(), open.path());
        if (path.startsWith(OWN_FOLDER)) {
            path = Paths.resolve(cwd, path.substring(OWN_FOLDER.length()));
        }
        path = Paths.resolve("", OWN_ROOT.matcher(path).replaceFirst(""));
        return decoys.contains(path) ? Optional.of(path) : Optional.empty();
    }

    private static boolean holdsOne(byte[] message, List<byte[]> needles) {
        for (byte[] needle : needles) {
            byte first = needle[0];
            for (int i = HEADER; i <= message.length - needle.length; i++) {
                if (message[i] == first && matches(message, i, needle)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean matches(byte[] message, int at, byte[] needle) {
        for (int i = 1; i < needle.length; i++) {
            if (message[at + i] != needle[i]) {
                return false;
            }
        }
        return true;
    }
}
