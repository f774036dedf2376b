package io.plumbline.rules.workbench;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What reports for other programs call a source of rules: editors and code hosts take URIs, not paths. */
final class SourceUri {
    private SourceUri() {}

    /** The address of a file; of what is no file here, such as the product's own rules, its name as a relative reference. */
    static String absolute(String name) {
        Path file = Path.of(name);
        return Files.isRegularFile(file) ? file.toUri().toString() : reference(name);
    }

    /** A relative path as a relative reference, which a code host looks up in its repository; an absolute one as the address of a file. */
    static String reference(String name) {
        Path file = Path.of(name);
        if (file.isAbsolute()) {
            return file.toUri().toString();
        }
        try {
            // With a colon in it, the first part of a relative path would be a scheme.
            return new URI(null, null, name.indexOf(':') < 0 ? name : "./" + name, null).toASCIIString();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("name '" + name + "' (expected: a path)", e);
        }
    }
}
