package io.plumbline.standalone.cli;

import io.plumbline.sandbox.posix.PosixException;
import io.plumbline.sandbox.posix.Terminal;
import io.plumbline.sandbox.posix.TerminalSize;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.sandbox.session.Stdio;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;

/** The terminal that this command was started on. */
final class UserTerminal {
    /** The JDK has no supported way to hear of SIGWINCH; a size is one cheap system call. */
    private static final int SIZE_MILLIS = 150;

    private static final TerminalSize USUAL = new TerminalSize(24, 80);

    private final Terminal input;
    private final Terminal output;

    private UserTerminal(Terminal input, Terminal output) {
        this.input = input;
        this.output = output;
    }

    /** What is done while the terminal is raw. */
    interface Use {
        RunClient.Exit with(RunClient.Keyboard keyboard) throws IOException;
    }

    /** Empty unless both standard input and standard output are terminals. */
    static Optional<UserTerminal> find() {
        return Terminal.of(0).flatMap(input -> Terminal.of(1).map(output -> new UserTerminal(input, output)));
    }

    /** A terminal like this one. */
    Stdio.Terminal stdio() {
        String type = Optional.ofNullable(System.getenv("TERM")).orElse("");
        return new Stdio.Terminal(
                type.matches("[A-Za-z0-9+._-]{1,64}") ? type : "dumb",
                output.size().orElse(USUAL));
    }

    /** Passes every key on; the mode from before is back afterwards, also when this process is told to end. */
    RunClient.Exit use(Use use) throws IOException {
        Terminal.Raw raw = input.raw();
        Thread hook = new Thread(() -> restore(raw));
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return use.with(new Keys());
        } finally {
            restore(raw);
        }
    }

    private static void restore(Terminal.Raw raw) {
        try {
            raw.close();
        } catch (PosixException e) {
            // The terminal has gone.
        }
    }

    private final class Keys implements RunClient.Keyboard {
        @Override
        public InputStream bytes() {
            return new FileInputStream(FileDescriptor.in);
        }

        @Override
        public void onResize(Consumer<TerminalSize> resized) {
            TerminalSize first = stdio().size();
            Thread.ofPlatform().daemon().name("terminal-size").start(() -> {
                TerminalSize last = first;
                try {
                    while (true) {
                        Thread.sleep(SIZE_MILLIS);
                        TerminalSize now = output.size().orElse(last);
                        if (!now.equals(last)) {
                            last = now;
                            resized.accept(now);
                        }
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }
}
