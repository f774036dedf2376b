package io.plumbline.watcher.judge;

import io.plumbline.events.v1.ExplainedPart;
import io.plumbline.events.v1.RuleExplanation;
import io.plumbline.rules.RuleMatch;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.sigma.SigmaDocument.Filter;
import io.plumbline.rules.workbench.Explanation;
import java.util.List;
import java.util.Optional;

/** Why a rule matched, bounded for an alert. What was left out is marked. */
final class MatchExplanation {
    private static final int MAX_DEPTH = 8;
    private static final int MAX_PARTS = 100;
    private static final int MAX_TEXT = 400;

    private int parts;
    private boolean cut;

    private MatchExplanation() {}

    static RuleExplanation of(RuleMatch match, RuleSet set, SigmaEvent event) {
        RuleExplanation.Builder explanation = RuleExplanation.newBuilder()
                .setRule(match.rule())
                .setRuleVersion(match.version())
                .setSetSha256(set.hash())
                .setAuthor(match.author())
                .setLicense(match.licence());
        MatchExplanation bounded = new MatchExplanation();
        set.named(match.rule())
                .flatMap(document -> switch (document) {
                    case Detection rule -> Optional.of(Explanation.of(rule.expression(), event));
                    case Correlation correlation ->
                        Optional.of(Explanation.of(correlation, set, List.of(event), Optional.of(match)));
                    case Filter ignored -> Optional.empty();
                })
                .ifPresent(tree -> explanation.setTree(bounded.part(tree, 0)));
        return explanation.setCut(bounded.cut).build();
    }

    private ExplainedPart part(Explanation part, int depth) {
        parts++;
        int seen = part.text().indexOf(Explanation.SEEN);
        ExplainedPart.Builder made = ExplainedPart.newBuilder()
                .setText(shortened(seen < 0 ? part.text() : part.text().substring(0, seen)))
                .setSeen(seen < 0 ? "" : shortened(part.text().substring(seen + Explanation.SEEN.length())))
                .setMatched(part.holds());
        for (Explanation child : part.parts()) {
            if (depth == MAX_DEPTH || parts == MAX_PARTS) {
                cut = true;
                break;
            }
            made.addParts(part(child, depth + 1));
        }
        return made.build();
    }

    private String shortened(String text) {
        if (text.length() <= MAX_TEXT) {
            return text;
        }
        cut = true;
        int end = Character.isHighSurrogate(text.charAt(MAX_TEXT - 1)) ? MAX_TEXT - 1 : MAX_TEXT;
        return text.substring(0, end) + "…";
    }
}
