package io.plumbline.sandbox.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * The static program that a daemon starts beside and inside of its sandboxes. Daemon and program rely on each other's promises (when
 * a warden's silence counts, what a mount is made of), so a daemon takes only the program that was built from its own sources.
 */
public final class GuestProgram {
    /** In the order in which {@code build.sh} takes them. */
    static final List<String> SOURCES =
            List.of("fallback.c", "groups.c", "plumbline-guest.c", "watch.c", "plumbline-guest.h");

    private static final String RESOURCES = "/io/plumbline/sandbox/guest/";
    private static final int BUILD_DIGITS = 16;
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
    private static final String EXPECTED = build(GuestProgram.class);

    private GuestProgram() {}

    /** The build that this daemon was made with, 16 hex digits over the program's sources. */
    public static String expected() {
        return EXPECTED;
    }

    /**
     * Runs the program once and asks it for its build.
     *
     * @throws SandboxException when it is not there, does not run, or is not of the expected build; the message says what to do
     */
    public static void verify(Path program) throws SandboxException {
        Optional<String> difference = difference(program);
        if (difference.isPresent()) {
            throw new SandboxException("guest.path: " + program + ": " + difference.get() + "; " + remedy(program));
        }
    }

    /**
     * Likewise; empty when it is of the expected build.
     *
     * @throws SandboxException when it cannot be asked
     */
    public static Optional<String> difference(Path program) throws SandboxException {
        if (!Files.isExecutable(program)) {
            return Optional.of("no program (expected: the guest program)");
        }
        String found = said(program);
        return found.equals(EXPECTED)
                ? Optional.empty()
                : Optional.of((found.isEmpty() ? "names no build" : "build " + found) + " (expected: build " + EXPECTED
                        + ", the daemon's)");
    }

    /** What makes the expected one of it. */
    public static String remedy(Path program) {
        return "sandbox-agent/guest/build.sh " + program + " builds it anew";
    }

    /**
     * A copy that stays what it is when the program is built anew while the daemon runs.
     *
     * @param folder of this daemon alone; made when it is not there
     * @return the verified copy
     * @throws SandboxException as of {@link #verify}
     */
    public static Path taken(Path program, Path folder) throws SandboxException {
        verify(program);
        try {
            Files.createDirectories(folder);
            Path fresh = folder.resolve("fresh");
            Path copy = folder.resolve("plumbline-guest");
            Files.copy(program, fresh, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("r-xr-xr-x"));
            // What an earlier daemon left may be running still: its file cannot be written to, but another can take its
            // name.
            Files.move(fresh, copy, StandardCopyOption.ATOMIC_MOVE);
            verify(copy);
            return copy;
        } catch (IOException e) {
            throw new SandboxException("guest program in " + folder + ": " + e.getMessage(), e);
        }
    }

    /** Empty when it says something else: programs before there were builds print how they are to be used. */
    private static String said(Path program) throws SandboxException {
        try {
            Command.Result answer = Command.run(List.of(program.toString(), "version"), CALL_LIMIT);
            return answer.succeeded() && answer.output().matches("[0-9a-f]{" + BUILD_DIGITS + "}")
                    ? answer.output()
                    : "";
        } catch (IOException | TimeoutException e) {
            throw new SandboxException("guest.path: " + program + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("guest.path: " + program + ": interrupted", e);
        }
    }

    private static String build(Class<?> here) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String source : SOURCES) {
                try (InputStream in = Objects.requireNonNull(here.getResourceAsStream(RESOURCES + source), source)) {
                    digest.update(in.readAllBytes());
                }
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, BUILD_DIGITS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
