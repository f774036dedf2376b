package io.plumbline.ingest;

import io.plumbline.events.redact.Redactor;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.HexFormat;

/** The key under which secrets of direct agents are hashed: 64 hex digits in {@code redaction.key}, readable by its owner only. */
final class RedactionKey {
    private RedactionKey() {}

    /** @throws IngestException when the key can neither be read nor made */
    static byte[] in(Path directory) throws IngestException {
        Path file = directory.resolve("redaction.key");
        try {
            Files.createDirectories(directory);
            if (!Files.exists(file)) {
                create(file);
            }
            return HexFormat.of().parseHex(Files.readString(file).strip());
        } catch (IOException | IllegalArgumentException e) {
            throw new IngestException(
                    "data.directory: " + file + " (expected: 64 hex digits, or a directory that can be written)", e);
        }
    }

    private static void create(Path file) throws IOException {
        byte[] key = new byte[Redactor.KEY_BYTES];
        new SecureRandom().nextBytes(key);
        try (var channel = Files.newByteChannel(
                file,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(java.nio.ByteBuffer.wrap(
                    HexFormat.of().formatHex(key).getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        } catch (FileAlreadyExistsException e) {
            // Another instance was faster; its key counts.
        }
    }
}
