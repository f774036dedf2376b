package io.plumbline.rules.sigma;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a document's taxonomy calls the fields of its log source. Names of the Elastic Common Schema become Sigma's by the pipeline
 * {@code pipelines/ecs.yml}, which has the form of Sigma's processing pipelines.
 */
public final class FieldNames {
    /** As they are written. */
    static final FieldNames SIGMA = new FieldNames(Optional.empty(), "");

    /** The taxonomies whose names are known. */
    public static final List<String> TAXONOMIES = List.of("sigma", "ecs", "plumbline");

    private final Optional<Map<String, String>> mapping;
    private final String source;

    private FieldNames(Optional<Map<String, String>> mapping, String source) {
        this.mapping = mapping;
        this.source = source;
    }

    /** @param taxonomy one of {@link #TAXONOMIES}, or empty */
    static FieldNames of(String taxonomy, LogSource source) {
        return taxonomy.equals("ecs") ? new FieldNames(Optional.of(ecs(source)), source.toString()) : SIGMA;
    }

    /** Sigma's names by those of the Elastic Common Schema, for a rule of the log source. */
    public static Map<String, String> ecs(LogSource source) {
        Map<String, String> names = new TreeMap<>();
        Ecs.TRANSFORMATIONS.stream().filter(one -> one.appliesTo(source)).forEach(one -> names.putAll(one.mapping()));
        return names;
    }

    /**
     * Sigma's name of a field.
     *
     * @throws RuleException for a name that the taxonomy does not have for the log source
     */
    String of(String written, Position position) {
        if (mapping.isEmpty() || written.equals(Expression.Test.KEYWORDS)) {
            return written;
        }
        String name = mapping.get().get(written);
        if (name == null) {
            throw new RuleException(
                    Code.DETECTION,
                    position,
                    "field '" + written + "' of taxonomy ecs for " + source + " (expected: one of "
                            + String.join(", ", mapping.get().keySet()) + ")");
        }
        return name;
    }

    /** @param sources of the rules that it is for, each part empty where it may be any; none: all rules */
    private record Transformation(Map<String, String> mapping, List<LogSource> sources) {
        boolean appliesTo(LogSource rule) {
            return sources.isEmpty() || sources.stream().anyMatch(source -> source.accepts(rule));
        }
    }

    /** The shipped pipeline, read when a rule needs it. */
    private static final class Ecs {
        private static final String FILE = "/pipelines/ecs.yml";
        static final List<Transformation> TRANSFORMATIONS = read();

        private static List<Transformation> read() {
            List<Transformation> found = new ArrayList<>();
            for (YamlNode document : YamlReader.read("ecs.yml", text())) {
                YamlNode.Mapping pipeline = Shape.mapping(document, "a pipeline");
                for (YamlNode item :
                        items(Shape.required(pipeline, "transformations", "a pipeline", pipeline.position()))) {
                    found.add(transformation(Shape.mapping(item, "a transformation")));
                }
            }
            return List.copyOf(found);
        }

        private static Transformation transformation(YamlNode.Mapping node) {
            Map<String, String> mapping = new TreeMap<>();
            YamlNode names = Shape.required(node, "mapping", "a transformation", node.position());
            for (YamlNode.Entry entry : Shape.mapping(names, "mapping").entries()) {
                mapping.put(entry.key().text(), Shape.text(entry.value(), "a field"));
            }
            List<LogSource> sources = new ArrayList<>();
            YamlNode conditions = node.find("rule_conditions");
            if (conditions != null) {
                for (YamlNode item : items(conditions)) {
                    YamlNode.Mapping condition = Shape.mapping(item, "a condition");
                    sources.add(new LogSource(
                            Shape.optionalText(condition, "category", 100),
                            Shape.optionalText(condition, "product", 100),
                            ""));
                }
            }
            return new Transformation(mapping, sources);
        }

        private static List<YamlNode> items(YamlNode node) {
            return node instanceof YamlNode.Sequence sequence ? sequence.items() : List.of(node);
        }

        private static String text() {
            try (InputStream in = FieldNames.class.getResourceAsStream(FILE)) {
                if (in == null) {
                    throw new IllegalStateException(FILE + " is not in the product");
                }
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
