package io.plumbline.sandbox.trace;

import io.plumbline.events.SteeringVariables;
import io.plumbline.events.v1.SteeringVariable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Decodes one datagram of gVisor's remote sink: {@code u16 header size, u16 type, u32 dropped}, then protobuf, little endian
 * (gVisor {@code pkg/sentry/seccheck/sinks/remote/wire}). A pure function of the bytes.
 */
final class TraceDecoder {
    /** Longest path or single argument kept, bytes: a little over PATH_MAX; of longer arguments the start is kept. */
    static final int MAX_TEXT = 16 * 1024;

    /** Most arguments kept of one command line. */
    static final int MAX_ARGUMENTS = 1024;

    /** Most environment names kept. */
    static final int MAX_ENV_NAMES = 256;

    private static final int MAX_VARIABLE_NAME = 256;

    /** Of a variable that counts, bytes: a trace message is not longer. */
    private static final int MAX_VALUE = 64 * 1024;

    /** Of a program that was started, beside gVisor's own fields: the fallback's watch has not told all of its arguments. */
    private static final int ARGUMENTS_CUT = 1000;

    /** Likewise: of the variables of its environment it has told the names alone. */
    private static final int VALUES_LEFT_OUT = 1001;

    private static final int HEADER = 8;
    private static final int MAX_NAME = 64;
    private static final int MAX_ADDRESS = 128;

    private static final int CONTAINER_START = 1;
    private static final int CLONE = 2;
    private static final int EXECVE = 3;
    private static final int EXIT_NOTIFY_PARENT = 4;
    private static final int TASK_EXIT = 5;
    private static final int RAW = 6;
    private static final int OPEN = 7;
    private static final int CONNECT = 10;
    private static final int SYSCALL_EXECVE = 11;
    private static final int CHDIR = 13;
    private static final int DUP = 19;
    private static final int BIND = 24;
    private static final int ACCEPT = 25;

    private TraceDecoder() {}

    /** @param droppedTotal messages that the runtime has dropped so far; wraps at 2^32 */
    record Decoded(TraceMessage message, long droppedTotal) {}

    static Decoded decode(byte[] datagram) throws MalformedTraceException {
        if (datagram.length < HEADER) {
            throw new MalformedTraceException("datagram of " + datagram.length + " bytes");
        }
        int headerSize = u16(datagram, 0);
        int type = u16(datagram, 2);
        long dropped = u16(datagram, 4) | (long) u16(datagram, 6) << 16;
        if (headerSize < HEADER || headerSize > datagram.length) {
            throw new MalformedTraceException("header size: " + headerSize);
        }
        WireReader in = new WireReader(datagram, headerSize, datagram.length);
        TraceMessage message =
                switch (type) {
                    case CONTAINER_START -> containerStart(in);
                    case CLONE -> clone(in);
                    case EXECVE -> execve(in);
                    case EXIT_NOTIFY_PARENT, TASK_EXIT -> exit(in, type);
                    case RAW -> raw(in);
                    case OPEN -> open(in);
                    case CONNECT -> socket(in, TraceMessage.SocketCall.CONNECT);
                    case BIND -> socket(in, TraceMessage.SocketCall.BIND);
                    case ACCEPT -> socket(in, TraceMessage.SocketCall.ACCEPT);
                    case SYSCALL_EXECVE -> syscallExecve(in);
                    case CHDIR -> chdir(in);
                    case DUP -> dup(in);
                    default -> unknown(in, type);
                };
        return new Decoded(message, dropped);
    }

    private static TraceMessage containerStart(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        String cwd = "";
        Words argv = new Words();
        Variables env = new Variables();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 3 -> cwd = in.text(MAX_TEXT);
                case 4 -> argv.add(in);
                case 5 -> env.add(in);
                case ARGUMENTS_CUT -> argv.cut |= in.number() != 0;
                case VALUES_LEFT_OUT -> env.leftOut |= in.number() != 0;
                default -> in.skip();
            }
        }
        return new TraceMessage.ContainerStarted(context, cwd, argv.words, env.environment(), argv.cut);
    }

    private static TraceMessage clone(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        int thread = 0;
        int group = 0;
        long start = 0;
        long flags = 0;
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 3 -> thread = (int) in.number();
                case 4 -> group = (int) in.number();
                case 5 -> start = in.number();
                case 6 -> flags = in.number();
                default -> in.skip();
            }
        }
        return new TraceMessage.Cloned(context, thread, group, start, flags);
    }

    private static TraceMessage execve(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        String binary = "";
        Words argv = new Words();
        Variables env = new Variables();
        String sha256 = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 2 -> binary = in.text(MAX_TEXT);
                case 3 -> argv.add(in);
                case 4 -> env.add(in);
                case 8 -> {
                    byte[] digest = in.bytes(33);
                    sha256 = digest.length == 32 ? HexFormat.of().formatHex(digest) : "";
                }
                case ARGUMENTS_CUT -> argv.cut |= in.number() != 0;
                case VALUES_LEFT_OUT -> env.leftOut |= in.number() != 0;
                default -> in.skip();
            }
        }
        return new TraceMessage.Executed(context, binary, argv.words, env.environment(), sha256, argv.cut);
    }

    private static TraceMessage exit(WireReader in, int type) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        int status = 0;
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 2 -> status = (int) in.number();
                default -> in.skip();
            }
        }
        return type == TASK_EXIT
                ? new TraceMessage.TaskExited(context, status)
                : new TraceMessage.ParentNotified(context, status);
    }

    private static TraceMessage raw(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        Exit exit = Exit.NONE;
        long number = 0;
        long[] arguments = new long[6];
        while (in.next()) {
            int field = in.field();
            switch (field) {
                case 1 -> context = context(in.message());
                case 2 -> exit = exitOf(in.message());
                case 4 -> number = in.number();
                case 5, 6, 7, 8, 9, 10 -> arguments[field - 5] = in.number();
                default -> in.skip();
            }
        }
        List<Long> list = new ArrayList<>(6);
        for (long argument : arguments) {
            list.add(argument);
        }
        return new TraceMessage.Raw(context, number, List.copyOf(list), exit.error);
    }

    private static TraceMessage open(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        Exit exit = Exit.NONE;
        long directory = 0;
        String directoryPath = "";
        String path = "";
        int flags = 0;
        int mode = 0;
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 2 -> exit = exitOf(in.message());
                case 4 -> directory = in.number();
                case 5 -> directoryPath = in.text(MAX_TEXT);
                case 6 -> path = in.text(MAX_TEXT);
                case 7 -> flags = (int) in.number();
                case 8 -> mode = (int) in.number();
                default -> in.skip();
            }
        }
        return new TraceMessage.Opened(
                context, directory, directoryPath, path, flags, mode, exit.result, exit.error, path.length() > 4096);
    }

    private static TraceMessage socket(WireReader in, TraceMessage.SocketCall call) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        Exit exit = Exit.NONE;
        byte[] address = new byte[0];
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 2 -> exit = exitOf(in.message());
                case 6 -> address = in.bytes(MAX_ADDRESS);
                default -> in.skip();
            }
        }
        return new TraceMessage.Socketed(context, call, address, exit.error);
    }

    private static TraceMessage syscallExecve(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        OptionalLong error = OptionalLong.empty();
        long directory = 0;
        String directoryPath = "";
        String path = "";
        Words argv = new Words();
        Variables env = new Variables();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 2 -> error = OptionalLong.of(exitOf(in.message()).error);
                case 4 -> directory = in.number();
                case 5 -> directoryPath = in.text(MAX_TEXT);
                case 6 -> path = in.text(MAX_TEXT);
                case 7 -> argv.add(in);
                case 8 -> env.add(in);
                default -> in.skip();
            }
        }
        return new TraceMessage.ExecTried(
                context, directory, directoryPath, path, argv.words, env.environment(), error, argv.cut);
    }

    private static TraceMessage chdir(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        Exit exit = Exit.NONE;
        long directory = 0;
        String directoryPath = "";
        String path = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 2 -> exit = exitOf(in.message());
                case 4 -> directory = in.number();
                case 5 -> directoryPath = in.text(MAX_TEXT);
                case 6 -> path = in.text(MAX_TEXT);
                default -> in.skip();
            }
        }
        return new TraceMessage.ChangedDirectory(context, directory, directoryPath, path, exit.error);
    }

    private static TraceMessage dup(WireReader in) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        Exit exit = Exit.NONE;
        long newDescriptor = 0;
        String oldPath = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> context = context(in.message());
                case 2 -> exit = exitOf(in.message());
                case 5 -> newDescriptor = in.number();
                case 6 -> oldPath = in.text(MAX_TEXT);
                default -> in.skip();
            }
        }
        return new TraceMessage.Duplicated(context, newDescriptor, oldPath, exit.result, exit.error);
    }

    private static TraceMessage unknown(WireReader in, int type) throws MalformedTraceException {
        TraceMessage.Context context = TraceMessage.Context.NONE;
        while (in.next()) {
            in.skip();
        }
        return new TraceMessage.Unknown(context, type);
    }

    private static TraceMessage.Context context(WireReader in) throws MalformedTraceException {
        long time = 0;
        int thread = 0;
        long threadStart = 0;
        int group = 0;
        long groupStart = 0;
        int uid = 0;
        String container = "";
        String cwd = "";
        String name = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> time = in.number();
                case 2 -> thread = (int) in.number();
                case 3 -> threadStart = in.number();
                case 4 -> group = (int) in.number();
                case 5 -> groupStart = in.number();
                case 6 -> container = in.text(MAX_NAME);
                case 7 -> {
                    WireReader credentials = in.message();
                    while (credentials.next()) {
                        if (credentials.field() == 2) {
                            uid = (int) credentials.number();
                        } else {
                            credentials.skip();
                        }
                    }
                }
                case 8 -> cwd = in.text(MAX_TEXT);
                case 9 -> name = in.text(MAX_NAME);
                default -> in.skip();
            }
        }
        return new TraceMessage.Context(time, thread, threadStart, group, groupStart, uid, container, cwd, name);
    }

    private record Exit(long result, long error) {
        static final Exit NONE = new Exit(0, 0);
    }

    private static Exit exitOf(WireReader in) throws MalformedTraceException {
        long result = 0;
        long error = 0;
        while (in.next()) {
            switch (in.field()) {
                case 1 -> result = in.number();
                case 2 -> error = in.number();
                default -> in.skip();
            }
        }
        return new Exit(result, error);
    }

    private static int u16(byte[] bytes, int at) {
        return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8;
    }

    private static final class Words {
        private final List<String> words = new ArrayList<>();
        private boolean cut;

        void add(WireReader in) throws MalformedTraceException {
            if (words.size() == MAX_ARGUMENTS) {
                cut = true;
                in.skip();
                return;
            }
            cut |= in.length() > MAX_TEXT;
            words.add(in.text(MAX_TEXT));
        }
    }

    private static final class Variables {
        private final Set<String> names = new LinkedHashSet<>();
        private final Map<String, SteeringVariable> steering = new LinkedHashMap<>();
        private final Set<String> cut = new LinkedHashSet<>();
        private boolean leftOut;

        void add(WireReader in) throws MalformedTraceException {
            byte[] pair = in.bytes(MAX_VALUE);
            int equals = 0;
            while (equals < pair.length && equals < MAX_VARIABLE_NAME && pair[equals] != '=') {
                equals++;
            }
            // Without "=" near the beginning it is no variable that anyone set by name.
            boolean named = equals < pair.length && pair[equals] == '=';
            String name = named ? new String(pair, 0, equals, StandardCharsets.UTF_8) : "";
            if (names.size() < MAX_ENV_NAMES) {
                names.add(name);
            } else if (!names.contains(name)) {
                cut.add("env_names");
            }
            if (SteeringVariables.contains(name)) {
                steer(name, Arrays.copyOfRange(pair, equals + 1, pair.length));
            }
        }

        private void steer(String name, byte[] value) {
            SteeringVariable known = steering.get(name);
            if (known == null && steering.size() >= SteeringVariables.MAX) {
                cut.add("steering");
                return;
            }
            String digest = ValueDigests.of(value);
            SteeringVariable.Builder variable =
                    known == null ? SteeringVariable.newBuilder().setName(name).setSha256(digest) : known.toBuilder();
            // Several values are none: programs differ in which one they take.
            steering.put(
                    name,
                    variable.setSeveral(variable.getSeveral()
                                    || !variable.getSha256().equals(digest))
                            .build());
        }

        TraceMessage.Environment environment() {
            return new TraceMessage.Environment(
                    List.copyOf(names),
                    steering.values().stream()
                            .map(variable ->
                                    leftOut ? variable.toBuilder().clearSha256().build() : variable)
                            .toList(),
                    List.copyOf(cut));
        }
    }
}
