package io.plumbline.events.evidence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.evidence.Verification.Sentences;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Checks an evidence bundle from a file that nobody vouches for. Nothing of it is written anywhere; names are compared with those that a
 * bundle has, sizes are counted while they are read, and everything is bounded before it is kept.
 */
public final class BundleVerifier {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Twice as many as a bundle has. */
    private static final int MAX_ENTRIES = 20;

    private final Path file;
    private final TrustedKeys keys;
    private final Sentences findings = new Sentences();
    private final Sentences notes = new Sentences();
    private final SequenceGaps gaps = new SequenceGaps();
    private final Set<String> ids = new HashSet<>();
    private final Map<String, Part> parts = new LinkedHashMap<>();
    private final Map<String, LogCheck> logs = new LinkedHashMap<>();
    private final List<String> entries = new ArrayList<>();
    private byte @Nullable [] manifestBytes;
    private byte @Nullable [] signature;
    private long total;

    /** Whose evidence the bundle says it is. */
    record Named(String tenant, String session) {}

    private record Part(long bytes, String sha256) {}

    private BundleVerifier(Path file, TrustedKeys keys) {
        this.file = file;
        this.keys = keys;
    }

    /**
     * @param keys those whose signatures count; none: signatures are told as not checked
     * @throws IOException when the file cannot be read at all
     */
    public static Verification verify(Path file, TrustedKeys keys) throws IOException {
        return new BundleVerifier(file, keys).check();
    }

    private Verification check() throws IOException {
        long size = Files.size(file);
        if (size > BundleFormat.MAX_TOTAL_BYTES) {
            findings.add("the file has " + size + " bytes (expected: <= " + BundleFormat.MAX_TOTAL_BYTES + ")");
            return answer(new Named("", ""), 0);
        }
        // The manifest names the session, with which the chains begin, and stands at the end.
        Named named = named();
        boolean whole = read(named);
        if (whole) {
            directory();
        }
        byte[] manifest = manifestBytes;
        if (manifest == null) {
            findings.add(BundleFormat.MANIFEST + ": missing" + (whole ? "" : ", or after what cannot be read"));
        } else {
            manifest(manifest);
            signed(manifest);
        }
        return answer(named, logs.values().stream().mapToLong(LogCheck::records).sum());
    }

    private Verification answer(Named named, long records) {
        return new Verification(
                findings.all(),
                notes.all(),
                named.tenant(),
                named.session(),
                records,
                logs.entrySet().stream()
                        .map(log -> new Verification.Chain(
                                log.getKey(),
                                log.getValue().records(),
                                log.getValue().chain()))
                        .toList());
    }

    /** By the zip's own directory, which may lie; what it says is only used to begin with, and held against what is read. */
    private Named named() {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry entry = zip.getEntry(BundleFormat.MANIFEST);
            if (entry != null) {
                try (InputStream in = zip.getInputStream(entry)) {
                    JsonNode manifest = JSON.readTree(in.readNBytes(BundleFormat.MAX_MANIFEST_BYTES));
                    return new Named(
                            printable(manifest.path("tenant").asText()),
                            printable(manifest.path("session").asText()));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            findings.add("the file is no whole zip: " + printable(String.valueOf(e.getMessage())));
        }
        return new Named("", "");
    }

    /** From the beginning to the end, as it lies there. Tells whether there was an end. */
    private boolean read(Named named) throws IOException {
        String name = "the file";
        try (ZipInputStream zip = new ZipInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                name = printable(entry.getName());
                if (entries.size() == MAX_ENTRIES) {
                    findings.add("more than " + MAX_ENTRIES + " entries; the rest was not read");
                    return false;
                }
                if (entries.contains(entry.getName())) {
                    findings.add(name + ": is in the bundle twice");
                }
                entries.add(entry.getName());
                read(entry.getName(), name, zip, named);
            }
            return true;
        } catch (TooLargeException e) {
            findings.add(name + ": " + e.getMessage());
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            findings.add(name + ": cannot be read to its end: " + printable(String.valueOf(e.getMessage())));
        }
        return false;
    }

    private void read(String entry, String printable, InputStream in, Named named) throws IOException {
        switch (entry) {
            case BundleFormat.MANIFEST -> manifestBytes = bytes(in);
            case BundleFormat.SIGNATURE -> signature = bytes(in);
            default -> {
                boolean known = BundleFormat.PARTS.contains(entry);
                if (!known) {
                    findings.add(printable + ": no part of a bundle");
                }
                part(entry, in, known, named);
            }
        }
    }

    private byte[] bytes(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(BundleFormat.MAX_MANIFEST_BYTES + 1);
        count(bytes.length);
        if (bytes.length > BundleFormat.MAX_MANIFEST_BYTES) {
            throw new TooLargeException("more than " + BundleFormat.MAX_MANIFEST_BYTES + " bytes");
        }
        return bytes;
    }

    private void count(long bytes) throws TooLargeException {
        total += bytes;
        if (total > BundleFormat.MAX_TOTAL_BYTES) {
            throw new TooLargeException("with it the bundle unpacks to more than " + BundleFormat.MAX_TOTAL_BYTES
                    + " bytes; not read further");
        }
    }

    private void part(String name, InputStream in, boolean known, Named named) throws IOException {
        MessageDigest digest = BundleFormat.sha256();
        LineTaker lines = known ? taker(name, named) : line -> {};
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        byte[] buffer = new byte[64 * 1024];
        long bytes = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            count(read);
            bytes += read;
            digest.update(buffer, 0, read);
            int from = 0;
            for (int i = 0; i < read; i++) {
                if (buffer[i] == '\n') {
                    line.write(buffer, from, i - from);
                    lines.take(line.toByteArray());
                    line.reset();
                    from = i + 1;
                }
            }
            line.write(buffer, from, read - from);
            if (line.size() > BundleFormat.MAX_LINE_BYTES) {
                throw new TooLargeException("a line has more than " + BundleFormat.MAX_LINE_BYTES + " bytes");
            }
        }
        if (line.size() > 0) {
            lines.take(line.toByteArray());
        }
        if (known) {
            parts.put(name, new Part(bytes, BundleFormat.hex(digest.digest())));
        }
    }

    private interface LineTaker {
        void take(byte[] line) throws IOException;
    }

    private LineTaker taker(String name, Named named) {
        for (String topic : BundleFormat.TOPICS) {
            if (name.equals(BundleFormat.log(topic))) {
                LogCheck check = new LogCheck(topic, named, keys, findings, gaps, ids);
                logs.put(topic, check);
                return line -> {
                    if (check.records() == BundleFormat.MAX_RECORDS) {
                        throw new TooLargeException("more than " + BundleFormat.MAX_RECORDS + " records");
                    }
                    check.line(line);
                };
            }
        }
        return BundleFormat.DERIVED.contains(name) ? line -> follows(name, line) : line -> {};
    }

    /** The logs come first in a bundle, so their ids are known. */
    private void follows(String name, byte[] line) {
        try {
            String id = JSON.readTree(line).at("/event/id").asText();
            if (!ids.contains(id)) {
                findings.add(name + ": event " + printable(id) + " is in no log of the bundle");
            }
        } catch (IOException e) {
            findings.add(name + ": a line is no object");
        }
    }

    /** The zip's directory lists what was read, and nothing else: programs that unpack it go by the directory. */
    private void directory() {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            List<? extends ZipEntry> listed =
                    zip.stream().limit(MAX_ENTRIES + 1L).toList();
            if (!listed.stream()
                    .map(ZipEntry::getName)
                    .sorted()
                    .toList()
                    .equals(entries.stream().sorted().toList())) {
                findings.add("the zip's directory lists other entries than the file holds");
                return;
            }
            for (ZipEntry entry : listed) {
                // It may point to other bytes of the same name, behind those that were read.
                Part read = asRead(entry.getName());
                if (read != null && !isAsRead(zip, entry, read)) {
                    findings.add(entry.getName() + ": the zip's directory points to other bytes");
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            findings.add("the zip's directory cannot be read: " + printable(String.valueOf(e.getMessage())));
        }
    }

    private @Nullable Part asRead(String name) {
        byte[] bytes = null;
        if (name.equals(BundleFormat.MANIFEST)) {
            bytes = manifestBytes;
        } else if (name.equals(BundleFormat.SIGNATURE)) {
            bytes = signature;
        }
        return bytes == null
                ? parts.get(name)
                : new Part(bytes.length, BundleFormat.hex(BundleFormat.sha256().digest(bytes)));
    }

    private static boolean isAsRead(ZipFile zip, ZipEntry entry, Part read) throws IOException {
        MessageDigest digest = BundleFormat.sha256();
        byte[] buffer = new byte[64 * 1024];
        long bytes = 0;
        try (InputStream in = zip.getInputStream(entry)) {
            for (int more = in.read(buffer); more >= 0 && bytes <= read.bytes(); more = in.read(buffer)) {
                bytes += more;
                digest.update(buffer, 0, more);
            }
        }
        return bytes == read.bytes() && BundleFormat.hex(digest.digest()).equals(read.sha256());
    }

    private void manifest(byte[] bytes) {
        JsonNode manifest;
        try {
            manifest = JSON.readTree(bytes);
        } catch (JsonProcessingException e) {
            findings.add(BundleFormat.MANIFEST + ": is no JSON object");
            return;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        if (!manifest.path("format").asText().equals(BundleFormat.FORMAT)) {
            findings.add(BundleFormat.MANIFEST + ": format "
                    + printable(manifest.path("format").asText()) + " (expected: " + BundleFormat.FORMAT + ")");
        }
        listed(manifest);
        chains(manifest);
        gaps(manifest);
        manifest.path("cut").forEach(cut -> notes.add("cut, as the manifest says: " + printable(cut.asText())));
    }

    private void listed(JsonNode manifest) {
        Set<String> named = new HashSet<>();
        for (JsonNode part : manifest.path("parts")) {
            String name = part.path("name").asText();
            named.add(name);
            Part read = parts.get(name);
            if (read == null) {
                findings.add(printable(name) + ": missing");
            } else if (read.bytes() != part.path("bytes").asLong()) {
                findings.add(name + ": " + read.bytes() + " bytes (expected: "
                        + part.path("bytes").asLong() + ")");
            } else if (!read.sha256().equals(part.path("sha256").asText())) {
                findings.add(name + ": its SHA-256 is not that of the manifest");
            }
        }
        for (String name : BundleFormat.PARTS.stream().sorted().toList()) {
            if (!named.contains(name)) {
                findings.add(BundleFormat.MANIFEST + ": does not list " + name);
            }
        }
    }

    private void chains(JsonNode manifest) {
        for (JsonNode log : manifest.path("logs")) {
            String topic = log.path("topic").asText();
            LogCheck check = logs.get(topic);
            if (check == null) {
                continue;
            }
            if (check.records() != log.path("records").asLong()) {
                findings.add(BundleFormat.log(topic) + ": " + check.records() + " records (expected: "
                        + log.path("records").asLong() + ")");
            }
            if (!check.chain().equals(log.path("chain").asText())) {
                findings.add(BundleFormat.log(topic) + ": its chain does not end as the manifest says");
            }
        }
    }

    private void gaps(JsonNode manifest) {
        Set<String> known = new HashSet<>();
        manifest.path("gaps").forEach(gap -> known.add(gap.asText()));
        for (String gap : gaps.told()) {
            if (known.contains(gap)) {
                notes.add("gap, as the manifest says: events " + gap + " were not in the log");
            } else {
                findings.add("gap: events " + gap + " are missing, and the manifest does not say so");
            }
        }
    }

    private void signed(byte[] manifest) {
        byte[] bytes = signature;
        if (bytes == null) {
            if (keys.keys().isEmpty()) {
                notes.add("not signed: whoever changes the bundle can also change its digests");
            } else {
                findings.add(BundleFormat.SIGNATURE + ": missing (expected: a signature of a key that was given)");
            }
            return;
        }
        long policies =
                logs.values().stream().mapToLong(LogCheck::unsignedPolicies).sum();
        if (keys.keys().isEmpty()) {
            notes.add("signatures not checked: no key was given (manifest"
                    + (policies > 0 ? ", " + policies + " policy orders" : "") + ")");
            return;
        }
        try {
            JsonNode said = Objects.requireNonNull(JSON.readTree(bytes));
            keys.check(
                    BundleFormat.SIGNATURE_CONTEXT,
                    manifest,
                    Base64.getDecoder().decode(said.path("signature").asText()),
                    said.path("key").asText());
        } catch (PolicyException e) {
            findings.add(BundleFormat.SIGNATURE + ": "
                    + String.valueOf(e.getMessage()).replaceFirst("^policy signature: ", ""));
        } catch (IOException | IllegalArgumentException e) {
            findings.add(BundleFormat.SIGNATURE + ": is no signature");
        }
    }

    private static String printable(String text) {
        String safe = text.replaceAll("[^A-Za-z0-9._/ ,:()-]", "?");
        return safe.length() > 120 ? safe.substring(0, 120) + "..." : safe;
    }

    private static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1;

        TooLargeException(String message) {
            super(message);
        }
    }
}
