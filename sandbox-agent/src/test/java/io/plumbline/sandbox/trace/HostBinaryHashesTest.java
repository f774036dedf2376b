package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.sandbox.posix.BoundFolders;
import io.plumbline.sandbox.posix.Posix;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostBinaryHashesTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Map<String, BinaryHashes.Digest> later = new ConcurrentHashMap<>();
    private final HostBinaryHashes hashes = new HostBinaryHashes(later::put);

    @TempDir
    private Path directory = Path.of("");

    @BeforeEach
    void bind() throws Exception {
        Files.createDirectories(directory.resolve("usr/bin"));
        hashes.mounted(new BoundFolders(Map.of("/usr", directory.resolve("usr"))));
    }

    private BinaryHashes.Digest awaitLater(String binary) {
        assertThat(hashes.of(binary)).isEqualTo(new BinaryHashes.Digest.Missing("pending"));
        await().atMost(LIMIT).until(() -> later.containsKey(binary));
        return java.util.Objects.requireNonNull(later.remove(binary));
    }

    @Test
    void tellsADigestLaterTheFirstTimeAndAtOnceAfterThat() throws Exception {
        byte[] program = directory.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Files.write(directory.resolve("usr/bin/x"), program);
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(program));
        assertThat(awaitLater("/usr/bin/x")).isEqualTo(new BinaryHashes.Digest.Known(sha256));
        assertThat(hashes.of("/usr/bin/x")).isEqualTo(new BinaryHashes.Digest.Known(sha256));
        Files.writeString(directory.resolve("usr/bin/x"), "another");
        assertThat(awaitLater("/usr/bin/x")).isNotEqualTo(new BinaryHashes.Digest.Known(sha256));
    }

    @Test
    void saysWhyThereIsNone() throws Exception {
        assertThat(hashes.of("/tmp/x")).isEqualTo(new BinaryHashes.Digest.Missing("not-on-host"));
        assertThat(hashes.of("/usrx")).isEqualTo(new BinaryHashes.Digest.Missing("not-on-host"));
        assertThat(hashes.of("/usr/bin/none")).isEqualTo(new BinaryHashes.Digest.Missing("unreadable"));
        try (RandomAccessFile sparse =
                new RandomAccessFile(directory.resolve("usr/bin/big").toFile(), "rw")) {
            sparse.setLength(HostBinaryHashes.MAX_BYTES + 1);
        }
        assertThat(hashes.of("/usr/bin/big")).isEqualTo(new BinaryHashes.Digest.Missing("too-large"));
    }

    @Test
    void followsNoLinkOutOfWhatIsBoundAndWaitsForNoPipe() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "s");
        Files.createSymbolicLink(directory.resolve("usr/bin/absolute"), secret);
        Files.createSymbolicLink(directory.resolve("usr/bin/climbing"), Path.of("../../secret"));
        assertThat(Posix.mkfifo(directory.resolve("usr/bin/pipe"))).isZero();
        for (String name : new String[] {"absolute", "climbing", "pipe", "../../secret"}) {
            assertThat(hashes.of("/usr/bin/" + name)).isEqualTo(new BinaryHashes.Digest.Missing("unreadable"));
        }
        Files.writeString(directory.resolve("usr/bin/real"), "r" + directory);
        Files.createSymbolicLink(directory.resolve("usr/bin/inside"), Path.of("real"));
        assertThat(awaitLater("/usr/bin/inside")).isInstanceOf(BinaryHashes.Digest.Known.class);
    }

    @Test
    void tellsNothingOnceTheSessionHasEnded() throws Exception {
        Files.writeString(directory.resolve("usr/bin/late"), "l" + directory);
        hashes.end(LIMIT);
        hashes.of("/usr/bin/late");
        hashes.end(LIMIT);
        assertThat(later).isEmpty();
    }
}
