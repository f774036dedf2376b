package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.SteeringVariable;
import java.util.List;
import java.util.OptionalLong;

/** What the sentry said, decoded and bounded. Shapes follow gVisor's seccheck points of version 20240729. */
sealed interface TraceMessage {
    /** Who did it. Times in nanoseconds since the epoch; an absent field is zero or empty. */
    record Context(
            long timeNanos,
            int thread,
            long threadStartNanos,
            int group,
            long groupStartNanos,
            int effectiveUid,
            String container,
            String cwd,
            String name) {
        static final Context NONE = new Context(0, 0, 0, 0, 0, 0, "", "", "");
    }

    Context context();

    /**
     * The environment that a program was given, without values.
     *
     * @param names of its variables, each once
     * @param steering those that decide what code runs, each once, with digests of their values
     * @param cut what is not whole, as {@code Event.truncated} names it
     */
    record Environment(List<String> names, List<SteeringVariable> steering, List<String> cut) {
        static final Environment NONE = new Environment(List.of(), List.of(), List.of());

        public Environment {
            names = List.copyOf(names);
            steering = List.copyOf(steering);
            cut = List.copyOf(cut);
        }
    }

    /** The first process of a container. */
    record ContainerStarted(Context context, String cwd, List<String> argv, Environment environment, boolean cut)
            implements TraceMessage {}

    record Cloned(Context context, int thread, int group, long startNanos, long flags) implements TraceMessage {}

    /** An exec that succeeded. {@code sha256}: lower-case hex, or empty. */
    record Executed(
            Context context, String binary, List<String> argv, Environment environment, String sha256, boolean cut)
            implements TraceMessage {}

    /** An execve or execveat; {@code error} is its errno, 0 when it succeeded, empty when it has not ended yet. */
    record ExecTried(
            Context context,
            long directory,
            String directoryPath,
            String path,
            List<String> argv,
            Environment environment,
            OptionalLong error,
            boolean cut)
            implements TraceMessage {}

    /** The end of one thread; {@code waitStatus} as of wait(2). */
    record TaskExited(Context context, int waitStatus) implements TraceMessage {}

    /** The end of a whole process, told to its parent. */
    record ParentNotified(Context context, int waitStatus) implements TraceMessage {}

    record Opened(
            Context context,
            long directory,
            String directoryPath,
            String path,
            int flags,
            int mode,
            long result,
            long error,
            boolean cut)
            implements TraceMessage {}

    enum SocketCall {
        CONNECT,
        BIND,
        ACCEPT
    }

    /** {@code address}: a raw sockaddr, at most 128 bytes. */
    record Socketed(Context context, SocketCall call, byte[] address, long error) implements TraceMessage {}

    record ChangedDirectory(Context context, long directory, String directoryPath, String path, long error)
            implements TraceMessage {}

    /** {@code oldPath}: what the duplicated descriptor stands for. {@code result}: the new descriptor, or negative. */
    record Duplicated(Context context, long newDescriptor, String oldPath, long result, long error)
            implements TraceMessage {}

    /**
     * A system call without a decoder.
     *
     * @param number on x86-64
     * @param error errno; 0 when it succeeded, and for one that has only begun
     */
    record Raw(Context context, long number, List<Long> arguments, long error) implements TraceMessage {}

    /** A point that was not asked for, or a type of a newer runtime. */
    record Unknown(Context context, int type) implements TraceMessage {}
}
