package io.plumbline.rules.workbench;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Says what is wrong with rules, and what is allowed but doubtful. {@link Check} has what it looks for. */
public final class Lint {
    private Lint() {}

    /** Remarks on sources that are meant to be loaded together, by place. Whether they have cases is not asked. */
    public static List<Remark> check(List<RuleSource> sources, Placeholders placeholders) {
        Remarks remarks = new Remarks(sources);
        check(remarks, sources, placeholders);
        return remarks.sorted();
    }

    /**
     * The same, and the cases beside the rules.
     *
     * @param cases of a source; empty when it has none
     */
    public static List<Remark> check(
            List<RuleSource> sources, Placeholders placeholders, Function<RuleSource, Optional<RuleSource>> cases) {
        Remarks remarks = new Remarks(sources);
        RuleSet set = check(remarks, sources, placeholders);
        for (RuleSource source : sources) {
            cases(remarks, source, set, placeholders, cases.apply(source));
        }
        return remarks.sorted();
    }

    private static RuleSet check(Remarks remarks, List<RuleSource> sources, Placeholders placeholders) {
        RuleSet.Loaded loaded = RuleSet.loadUsable(sources, placeholders);
        for (RuleException problem : loaded.problems()) {
            boolean twice = problem.code() == RuleException.Code.REFERENCE
                    && problem.problem().contains("stands for");
            remarks.add(
                    twice ? Check.DUPLICATE_ID : Check.REFUSED,
                    problem.position(),
                    problem.code() + ": " + problem.problem());
        }
        RuleSet set = loaded.set();
        Map<Position, RuleText> texts = texts(sources);
        MetadataChecks metadata = new MetadataChecks(remarks);
        ItemChecks items = new ItemChecks(remarks);
        LogicChecks logic = new LogicChecks(remarks);
        SetChecks together = new SetChecks(remarks, set);
        for (SigmaDocument document : set.documents()) {
            RuleText text = texts.get(document.metadata().position());
            if (text == null) {
                continue;
            }
            metadata.check(text, document, set);
            logic.check(text, document, set);
            switch (document) {
                case SigmaDocument.Detection detection -> items.check(text, detection.logSource());
                case SigmaDocument.Filter filter -> items.check(text, filter.logSource());
                case SigmaDocument.Correlation correlation -> together.correlation(text, correlation);
            }
        }
        together.check();
        return set;
    }

    /** The documents of sources by their places. */
    private static Map<Position, RuleText> texts(List<RuleSource> sources) {
        Map<Position, RuleText> texts = new HashMap<>();
        for (RuleSource source : sources) {
            try {
                for (YamlNode node : YamlReader.read(source.name(), source.text())) {
                    if (node instanceof YamlNode.Mapping mapping) {
                        texts.put(mapping.position(), new RuleText(mapping));
                    }
                }
            } catch (RuleException e) {
                // Loading has said so.
                continue;
            }
        }
        return texts;
    }

    private static void cases(
            Remarks remarks, RuleSource source, RuleSet set, Placeholders placeholders, Optional<RuleSource> cases) {
        List<SigmaDocument> reported = set.documents().stream()
                .filter(document ->
                        document.metadata().position().source().equals(source.name()) && set.reports(document))
                .toList();
        Position start = new Position(source.name(), 1, 1);
        if (cases.isEmpty()) {
            if (!reported.isEmpty()) {
                remarks.add(Check.NO_CASES, start, "no cases (expected: NAME.cases.yml or NAME.cases.jsonl beside it)");
            }
            return;
        }
        try {
            List<RuleCases.Case> read = RuleCases.parse(cases.get());
            boolean positive = read.stream().anyMatch(RuleCases.Case::expected);
            boolean negative = read.stream().anyMatch(one -> !one.expected());
            if (!positive) {
                remarks.add(Check.NO_POSITIVE_CASE, start, "no case under match (expected: an event that matches)");
            }
            if (!negative) {
                remarks.add(
                        Check.NO_NEGATIVE_CASE, start, "no case under none (expected: an event that does not match)");
            }
            if (positive && negative) {
                Set<String> tested = RuleCases.run(source, cases.get(), placeholders).stream()
                        .map(RuleCases.Result::rule)
                        .collect(Collectors.toSet());
                reported.stream()
                        .filter(document -> !tested.contains(document.metadata().id()))
                        .forEach(document -> remarks.add(
                                Check.NO_CASES,
                                document.metadata().position(),
                                "'" + document.metadata().title()
                                        + "' has no cases (expected: some with rule, its id or name)"));
            }
        } catch (RuleException e) {
            if (e.position().source().equals(cases.get().name())) {
                remarks.add(Check.CASES_REFUSED, start, e.position() + ": " + e.problem());
            }
        }
    }
}
