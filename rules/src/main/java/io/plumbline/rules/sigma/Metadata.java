package io.plumbline.rules.sigma;

import io.plumbline.rules.Position;
import java.util.List;
import java.util.Optional;

/**
 * What a document says about itself.
 *
 * @param id as written; where the document has none, {@code unnamed-} and 16 hex digits of its content's hash
 * @param name what correlations may call it; may be empty
 * @param status stable, test, experimental, deprecated, unsupported, or empty
 * @param version date of the last change: {@code modified}, else {@code date}, else empty
 */
public record Metadata(
        String title,
        String id,
        String name,
        String status,
        Optional<Level> level,
        String description,
        String author,
        String license,
        String version,
        List<String> tags,
        Position position) {
    public Metadata {
        tags = List.copyOf(tags);
    }
}
