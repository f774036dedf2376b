package io.plumbline.rules;

import io.plumbline.rules.sigma.Placeholders;
import java.util.ArrayList;
import java.util.List;

/**
 * What a rule set is made of.
 *
 * @param rules YAML of one document or several each
 * @param pipeline YAML whose {@code vars} give placeholders their values; empty: rules with placeholders are refused
 */
public record RuleBundle(List<RuleSource> rules, String pipeline) {
    /** What the pipeline is called in messages. */
    private static final String PIPELINE = "pipeline";

    public RuleBundle {
        rules = List.copyOf(rules);
    }

    /** Rules without placeholders. */
    public static RuleBundle of(List<RuleSource> rules) {
        return new RuleBundle(rules, "");
    }

    /** @throws RuleException for a pipeline that is none */
    public Placeholders placeholders() {
        return pipeline.isEmpty() ? Placeholders.NONE : Placeholders.read(PIPELINE, pipeline);
    }

    /** @throws RuleException for the first document that is not usable, or a pipeline that is none */
    public RuleSet load() {
        return RuleSet.load(rules, placeholders());
    }

    /**
     * What of it is usable.
     *
     * @throws RuleException for a pipeline that is none
     */
    public RuleSet.Loaded loadUsable() {
        return RuleSet.loadUsable(rules, placeholders());
    }

    /** The same with one file changed or, at the end, new. */
    public RuleBundle with(RuleSource changed) {
        List<RuleSource> all = new ArrayList<>();
        boolean known = false;
        for (RuleSource source : rules) {
            boolean same = source.name().equals(changed.name());
            known |= same;
            all.add(same ? changed : source);
        }
        if (!known) {
            all.add(changed);
        }
        return new RuleBundle(all, pipeline);
    }
}
