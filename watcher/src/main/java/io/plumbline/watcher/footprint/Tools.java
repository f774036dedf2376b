package io.plumbline.watcher.footprint;

import io.plumbline.events.policy.Scope;
import io.plumbline.watcher.footprint.Tool.Operands;
import io.plumbline.watcher.footprint.Tool.OptionValue;
import io.plumbline.watcher.footprint.Tool.Scoped;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The programs that the resource {@code tools.yaml} describes. A description with an unknown key or word fails the start. */
public final class Tools {
    private static final Set<String> KEYS = Set.of(
            "names",
            "operands",
            "options",
            "written",
            "files",
            "secrets",
            "children",
            "hosts",
            "connects",
            "scope",
            "unless",
            "with",
            "subcommands");

    /** Among children or hosts: it is not said which. */
    private static final String ANY = "any";

    private static final Map<String, Tool> KNOWN = load();

    private Tools() {}

    /** What is known of a program, by its file name; versions and variants behind the name are passed over ({@code python3.11}). */
    static Optional<Tool> named(String name) {
        Tool exact = KNOWN.get(name);
        return Optional.ofNullable(exact != null ? exact : KNOWN.get(stem(name)));
    }

    /** A program's name without version and variant: {@code python} of {@code python3.11}, {@code nc} of {@code nc.openbsd}. */
    public static String stem(String name) {
        int end = name.length();
        int dot = name.indexOf('.', 1);
        if (dot > 0) {
            end = dot;
        }
        while (end > 1 && (Character.isDigit(name.charAt(end - 1)) || name.charAt(end - 1) == '-')) {
            end--;
        }
        return name.substring(0, end);
    }

    private static Map<String, Tool> load() {
        try (InputStream in = Tools.class.getResourceAsStream("tools.yaml")) {
            if (in == null) {
                throw new IllegalStateException("tools.yaml: none (expected: a resource)");
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws IllegalArgumentException when the text is no such catalogue */
    static Map<String, Tool> parse(String yaml) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel("tools.yaml")
                .setAllowDuplicateKeys(false)
                .build();
        if (!(new Load(settings).loadFromString(yaml) instanceof List<?> entries)) {
            throw new IllegalArgumentException("tools.yaml: no list (expected: a list of programs)");
        }
        Map<String, Tool> tools = new HashMap<>();
        for (Object entry : entries) {
            Map<String, Object> fields = mapping(entry, "an entry");
            Tool tool = tool(fields, Optional.empty());
            for (String name : texts(fields, "names")) {
                if (tools.put(name, tool) != null) {
                    throw new IllegalArgumentException("tools.yaml: " + name + " twice (expected: once)");
                }
            }
        }
        return tools;
    }

    /** @param outer of a subcommand: the program's own description, which holds where the subcommand says nothing */
    private static Tool tool(Map<String, Object> fields, Optional<Tool> outer) {
        for (String key : fields.keySet()) {
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("tools.yaml: key '" + key + "' (expected: one of " + KEYS + ")");
            }
        }
        List<String> children = texts(fields, "children");
        List<String> hosts = texts(fields, "hosts");
        List<String> files = texts(fields, "files");
        boolean workspace = files.contains("workspace");
        Map<String, OptionValue> options = new LinkedHashMap<>();
        outer.ifPresent(tool -> options.putAll(tool.options()));
        mapping(fields.getOrDefault("options", Map.of()), "options")
                .forEach((name, value) -> options.put(name, word(OptionValue.class, String.valueOf(value))));
        List<String> globs = new ArrayList<>(outer.map(Tool::files).orElse(List.of()));
        files.stream().filter(file -> !file.equals("workspace")).forEach(globs::add);
        Tool tool = new Tool(
                fields.containsKey("operands")
                        ? word(Operands.class, String.valueOf(fields.get("operands")))
                        : outer.isPresent() ? Operands.NONE : Operands.READ,
                options,
                Set.copyOf(texts(fields, "written")),
                workspace || outer.map(Tool::writesWorkspace).orElse(false),
                List.copyOf(globs),
                fields.containsKey("secrets")
                        ? texts(fields, "secrets")
                        : outer.map(Tool::secrets).orElse(List.of()),
                children.contains(ANY) || outer.map(Tool::anyChild).orElse(false),
                fields.containsKey("children")
                        ? named(children)
                        : outer.map(Tool::children).orElse(Set.of()),
                fields.containsKey("hosts")
                        ? hosts.contains(ANY)
                        : outer.map(Tool::anyHost).orElse(false),
                fields.containsKey("hosts")
                        ? named(hosts)
                        : outer.map(Tool::hosts).orElse(Set.of()),
                Boolean.TRUE.equals(fields.get("connects")),
                scoped(fields),
                Map.of());
        return fields.containsKey("subcommands") ? withSubcommands(tool, fields) : tool;
    }

    private static Set<String> named(List<String> words) {
        return words.stream().filter(word -> !word.equals(ANY)).collect(Collectors.toUnmodifiableSet());
    }

    private static Optional<Scoped> scoped(Map<String, Object> fields) {
        if (!fields.containsKey("scope")) {
            return Optional.empty();
        }
        String word = String.valueOf(fields.get("scope"));
        Scope scope = Scope.of(word)
                .orElseThrow(
                        () -> new IllegalArgumentException("tools.yaml: scope '" + word + "' (expected: a scope)"));
        return Optional.of(new Scoped(scope, texts(fields, "unless"), texts(fields, "with")));
    }

    private static Tool withSubcommands(Tool tool, Map<String, Object> fields) {
        Map<String, Tool> subcommands = new LinkedHashMap<>();
        mapping(fields.getOrDefault("subcommands", Map.of()), "subcommands").forEach((names, value) -> {
            Tool subcommand = tool(mapping(value, names), Optional.of(tool));
            for (String name : names.split("\\s+", -1)) {
                subcommands.put(name, subcommand);
            }
        });
        return new Tool(
                tool.operands(),
                tool.options(),
                tool.written(),
                tool.writesWorkspace(),
                tool.files(),
                tool.secrets(),
                tool.anyChild(),
                tool.children(),
                tool.anyHost(),
                tool.hosts(),
                tool.connects(),
                tool.scoped(),
                subcommands);
    }

    private static <E extends Enum<E>> E word(Class<E> type, String word) {
        try {
            return Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "tools.yaml: '" + word + "' (expected: one of " + List.of(type.getEnumConstants()) + ")", e);
        }
    }

    private static Map<String, Object> mapping(Object value, String what) {
        if (!(value instanceof Map<?, ?> mapping)) {
            throw new IllegalArgumentException("tools.yaml: " + what + " is no mapping (expected: a mapping)");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        mapping.forEach((key, one) -> fields.put(String.valueOf(key), one));
        return fields;
    }

    private static List<String> texts(Map<String, Object> fields, String key) {
        Object value = fields.getOrDefault(key, List.of());
        List<?> list = value instanceof List<?> many ? many : List.of(value);
        Set<String> texts = new LinkedHashSet<>();
        list.forEach(one -> texts.add(String.valueOf(one)));
        return List.copyOf(texts);
    }
}
