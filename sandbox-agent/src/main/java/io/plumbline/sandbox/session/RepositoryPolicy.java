package io.plumbline.sandbox.session;

import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.sandbox.posix.BeneathFile;
import io.plumbline.sandbox.posix.OpenDirectory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;

/** The policy that a repository brings along, in {@code .plumbline/policy.yaml} of the workspace. It can only tighten. */
final class RepositoryPolicy {
    private static final String FOLDER = ".plumbline";
    private static final String FILE = "policy.yaml";

    private RepositoryPolicy() {}

    /**
     * As it is now.
     *
     * @throws IllegalArgumentException when something is there that cannot be read as a file of the workspace's own
     */
    static Optional<PolicyLevels.Level> of(Path workspace) throws IOException {
        // Only what is known not to be there is none: what cannot be looked at is refused below.
        if (!workspace.isAbsolute() || Files.notExists(workspace.resolve(FOLDER), LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        // With a dot: what is opened is the directory that a descriptor's path, or a link, leads to.
        try (OpenDirectory open = OpenDirectory.open(workspace.resolve("."));
                OpenDirectory folder = open.child(FOLDER)) {
            Path file = folder.entry(FILE);
            if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.empty();
            }
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new IllegalArgumentException(name() + " (expected: a file, not a link or something else)");
            }
            // It may have been replaced since.
            try (BeneathFile opened = BeneathFile.open(folder.path(), FILE)) {
                return Optional.of(new PolicyLevels.Level(name(), text(opened)));
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(name() + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static String text(BeneathFile file) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        byte[] read = file.read();
        while (read.length > 0) {
            text.writeBytes(read);
            if (text.size() > PolicyParser.MAX_CHARACTERS) {
                throw new IllegalArgumentException(name() + ": more than " + PolicyParser.MAX_CHARACTERS
                        + " bytes (expected: <= " + PolicyParser.MAX_CHARACTERS + ")");
            }
            read = file.read();
        }
        return text.toString(StandardCharsets.UTF_8);
    }

    private static String name() {
        return FOLDER + "/" + FILE;
    }
}
