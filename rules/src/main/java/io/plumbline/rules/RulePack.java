package io.plumbline.rules;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The rules that come with the product: resources below {@code /rules}, named in {@code /rules/index.txt}. */
public final class RulePack {
    private RulePack() {}

    /** All rules, in alphabetical order of their names. */
    public static List<RuleSource> sources() {
        return read("index.txt")
                .lines()
                .map(name -> new RuleSource(name, read(name)))
                .toList();
    }

    /** The cases of a rule of the pack. */
    public static RuleSource cases(RuleSource rule) {
        String name = rule.name().replace(".yml", ".cases.yml");
        return new RuleSource(name, read(name));
    }

    private static String read(String name) {
        try (InputStream in = RulePack.class.getResourceAsStream("/rules/" + name)) {
            if (in == null) {
                throw new IllegalStateException("resource /rules/" + name + " (expected: part of this jar)");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
