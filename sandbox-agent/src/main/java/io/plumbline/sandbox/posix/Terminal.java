package io.plumbline.sandbox.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The terminal behind a file descriptor of this process (termios(3), ioctl_tty(2)). */
public final class Terminal {
    static final long TIOCGWINSZ = 0x5413;
    static final long TIOCSWINSZ = 0x5414;

    private static final int TCSADRAIN = 1;

    /** Offsets in {@code struct termios}: four words of flags, the line discipline, then the keys. */
    private static final long LOCAL_FLAGS = 12;

    private static final long CONTROL_KEYS = 17;
    private static final int ISIG = 1;

    /** VINTR, VQUIT and VSUSP, and the signals that they are for. */
    private static final Map<Integer, Integer> SIGNALS = Map.of(0, Posix.SIGINT, 1, Posix.SIGQUIT, 10, Posix.SIGTSTP);

    /** {@code struct termios} has 60 bytes in glibc and musl; some room for a longer one. */
    private static final int TERMIOS_BYTES = 128;

    private static final MethodHandle ISATTY = Posix.handle("isatty", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle TCGETATTR =
            Posix.handle("tcgetattr", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle TCSETATTR =
            Posix.handle("tcsetattr", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle CFMAKERAW = Posix.handle("cfmakeraw", FunctionDescriptor.ofVoid(ADDRESS));
    private static final MethodHandle IOCTL = Posix.handle(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));

    private final int fd;

    private Terminal(int fd) {
        this.fd = fd;
    }

    /** @param fd 0, 1 or 2; empty when it is no terminal */
    public static Optional<Terminal> of(int fd) {
        try {
            return Posix.result((int) ISATTY.invokeExact(Posix.capture(), fd)) == 1
                    ? Optional.of(new Terminal(fd))
                    : Optional.empty();
        } catch (Throwable e) {
            throw Posix.broken(e);
        }
    }

    /** Empty when the terminal does not know its size. */
    public Optional<TerminalSize> size() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(8, 2);
            if (ioctl(fd, TIOCGWINSZ, size) < 0) {
                return Optional.empty();
            }
            int rows = Short.toUnsignedInt(size.get(JAVA_SHORT, 0));
            int columns = Short.toUnsignedInt(size.get(JAVA_SHORT, 2));
            return rows == 0 || columns == 0 ? Optional.empty() : Optional.of(new TerminalSize(rows, columns));
        }
    }

    /** Every key goes through as bytes and nothing is echoed, until the answer is closed; closing twice is fine. */
    public Raw raw() throws PosixException {
        MemorySegment before = Arena.ofAuto().allocate(TERMIOS_BYTES, 8);
        try {
            int got = Posix.result((int) TCGETATTR.invokeExact(Posix.capture(), fd, before));
            if (got < 0) {
                throw new PosixException("tcgetattr", fd, got);
            }
            MemorySegment raw = Arena.ofAuto().allocate(TERMIOS_BYTES, 8);
            raw.copyFrom(before);
            CFMAKERAW.invokeExact(Posix.capture(), raw);
            set(raw);
            return new Raw(before);
        } catch (PosixException e) {
            throw e;
        } catch (Throwable e) {
            throw Posix.broken(e);
        }
    }

    private void set(MemorySegment mode) throws PosixException {
        int set;
        try {
            set = Posix.result((int) TCSETATTR.invokeExact(Posix.capture(), fd, TCSADRAIN, mode));
        } catch (Throwable e) {
            throw Posix.broken(e);
        }
        if (set < 0) {
            throw new PosixException("tcsetattr", fd, set);
        }
    }

    /** What the driver of the terminal {@code fd} would make of these keys; {@code struct termios} of Linux on every libc. */
    static List<Integer> signals(int fd, byte[] keys) {
        List<Integer> signals = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mode = arena.allocate(TERMIOS_BYTES, 8);
            int got = Posix.result((int) TCGETATTR.invokeExact(Posix.capture(), fd, mode));
            if (got < 0 || (mode.get(JAVA_INT, LOCAL_FLAGS) & ISIG) == 0) {
                return signals;
            }
            for (byte key : keys) {
                for (Map.Entry<Integer, Integer> signal : SIGNALS.entrySet()) {
                    // A key of 0 is none (_POSIX_VDISABLE).
                    if (key != 0 && mode.get(JAVA_BYTE, CONTROL_KEYS + signal.getKey()) == key) {
                        signals.add(signal.getValue());
                    }
                }
            }
            return signals;
        } catch (Throwable e) {
            throw Posix.broken(e);
        }
    }

    static int ioctl(int fd, long request, MemorySegment argument) {
        try {
            return Posix.result((int) IOCTL.invokeExact(Posix.capture(), fd, request, argument));
        } catch (Throwable e) {
            throw Posix.broken(e);
        }
    }

    /** A terminal in raw mode. */
    public final class Raw implements AutoCloseable {
        private final MemorySegment before;

        private Raw(MemorySegment before) {
            this.before = before;
        }

        /** Puts back the mode from before. */
        @Override
        public void close() throws PosixException {
            set(before);
        }
    }
}
