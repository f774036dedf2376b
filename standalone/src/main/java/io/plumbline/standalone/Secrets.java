package io.plumbline.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/** Generated secrets of the standalone process tree, one file each, made at first use and readable by their owner only. */
public final class Secrets {
    private final Path directory;

    public Secrets(Layout layout) {
        this.directory = layout.secrets();
    }

    /** Password of the console's user {@code admin}. */
    public Path adminPassword() {
        return file("admin-password", 12);
    }

    /** Bearer token of the command line for the console's API. */
    public Path apiToken() {
        return file("api-token", 32);
    }

    /** Bearer token of the sandbox host for ingest. */
    public Path hostToken() {
        return file("host-token", 32);
    }

    /** Bearer token of agents that report without a host daemon. */
    public Path agentToken() {
        return file("agent-token", 32);
    }

    /** Key of the redaction hashes, 64 hex digits. */
    public Path redactionKey() {
        return file("redaction-key", 32);
    }

    /** The secret in a file of this class. */
    public static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new CommandException("secret " + file + " cannot be read: " + e.getMessage());
        }
    }

    private Path file(String name, int bytes) {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            byte[] secret = new byte[bytes];
            new SecureRandom().nextBytes(secret);
            try {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.writeString(file, HexFormat.of().formatHex(secret), StandardOpenOption.WRITE);
            } catch (IOException e) {
                throw new CommandException("secret " + file + " cannot be written: " + e.getMessage());
            }
        }
        return file;
    }
}
