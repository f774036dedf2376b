package io.plumbline.rules;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Placeholders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules and events of tests, written as short as they can be. */
public final class Rules {
    private static final LogSource SOURCE = new LogSource("test", "", "");

    private Rules() {}

    /** A rule around the detection, which is given as it stands in YAML without indentation. */
    public static String rule(String detection) {
        return "title: a rule\nid: the-rule\nlogsource:\n  category: test\ndetection:\n" + detection.indent(2);
    }

    /** A rule with one selection. */
    public static String selection(String selection) {
        return rule("selection:\n" + selection.indent(2) + "condition: selection\n");
    }

    public static RuleSet load(String... texts) {
        List<RuleSource> sources = new java.util.ArrayList<>();
        for (String text : texts) {
            sources.add(new RuleSource("test.yml", text));
        }
        return RuleSet.load(sources, Placeholders.NONE);
    }

    /** An event of the category test, in JSON; single quotes stand for double ones. */
    public static SigmaEvent event(String json) {
        return event(json, 0);
    }

    public static SigmaEvent event(String json, long seconds) {
        try {
            return JsonEvents.read(json.replace('\'', '"'))
                    .id("e" + seconds)
                    .timeNs(seconds * 1_000_000_000L)
                    .logSource(SOURCE)
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static boolean matches(String rule, String json) {
        return !load(rule)
                .engine()
                .evaluate(event(json), new CorrelationState())
                .isEmpty();
    }

    /** Whether a selection, given as YAML, holds. */
    public static boolean selects(String selection, String json) {
        return matches(selection(selection), json);
    }

    /** What loading is refused with. */
    public static RuleException refusal(String rule) {
        @Nullable RuleException refusal = catchThrowableOfType(RuleException.class, () -> load(rule));
        if (refusal == null) {
            throw new AssertionError("was loaded: " + rule);
        }
        return refusal;
    }
}
