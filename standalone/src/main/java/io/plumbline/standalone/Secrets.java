package io.plumbline.standalone;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.Supplier;

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

    /** PEM with the Ed25519 key pair that the console signs revised policies with. */
    public Path policyKey() {
        return file(
                "policy-key.pem", () -> PolicyStatements.SigningKey.generate().pem());
    }

    /** PEM with the public half of {@link #policyKey()}, for the sandbox host. */
    public Path policyPublicKey() {
        return file("policy-public-key.pem", () -> {
            try {
                return PolicyStatements.SigningKey.parse(read(policyKey())).publicPem();
            } catch (PolicyException e) {
                throw new CommandException("secret " + policyKey() + ": " + e.getMessage());
            }
        });
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
        return file(name, () -> {
            byte[] secret = new byte[bytes];
            new SecureRandom().nextBytes(secret);
            return HexFormat.of().formatHex(secret);
        });
    }

    private Path file(String name, Supplier<String> content) {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            String secret = content.get();
            try {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.writeString(file, secret, StandardOpenOption.WRITE);
            } catch (IOException e) {
                throw new CommandException("secret " + file + " cannot be written: " + e.getMessage());
            }
        }
        return file;
    }
}
