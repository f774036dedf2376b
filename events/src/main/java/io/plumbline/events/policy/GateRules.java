package io.plumbline.events.policy;

import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructTypeReference;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import io.plumbline.events.v1.AnnouncedAct;
import io.plumbline.events.v1.GateRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The expressions of a policy about announced calls, in the Common Expression Language (cel.dev, specification of 2023): typed over
 * {@code act}, an {@link AnnouncedAct}, without side effects, and bounded: {@value #MAX_RULES} of them, {@value #MAX_EXPRESSION} characters,
 * {@value #MAX_ITERATIONS} steps of macros such as {@code exists} in one evaluation, regular expressions in linear time, and nothing that
 * makes new values of old ones ({@code +}, {@code map}, {@code filter}), which could grow without a bound.
 *
 * <p>A rule can only tighten: there is no answer that allows. An expression that fails holds, so that no act becomes easier by
 * breaking it.
 */
public final class GateRules {
    static final int MAX_EXPRESSION = 2_000;
    static final int MAX_ITERATIONS = 1_000;
    static final int MAX_RULES = 20;
    private static final String ADD = "_+_";
    private static final int MAX_DEPTH = 32;
    private static final int MAX_REGEX_PROGRAM = 2_000;

    private static final CelOptions OPTIONS = CelOptions.current()
            .maxExpressionCodePointSize(MAX_EXPRESSION)
            .maxParseRecursionDepth(MAX_DEPTH)
            .comprehensionMaxIterations(MAX_ITERATIONS)
            .maxRegexProgramSize(MAX_REGEX_PROGRAM)
            .build();

    /** A rule that holds of an act. */
    public record Holding(GateRule rule, Scope.Answer answer) {}

    /** @param program empty: the expression cannot be read, and holds of every act */
    private record Compiled(GateRule rule, Scope.Answer answer, Optional<CelRuntime.Program> program) {
        /** Whether it holds, or cannot be told not to. */
        boolean holds(AnnouncedAct act) {
            try {
                return program.isEmpty() || !Boolean.FALSE.equals(program.get().eval(Map.of("act", act)));
            } catch (CelEvaluationException e) {
                return true;
            }
        }
    }

    private final List<Compiled> rules;

    private GateRules(List<Compiled> rules) {
        this.rules = List.copyOf(rules);
    }

    /**
     * Makes rules ready to be asked.
     *
     * @throws PolicyException when an expression is no CEL, does not fit the types, is no bool, or is too long or deep; it names the
     *     rule and the place
     */
    public static GateRules of(List<GateRule> rules) throws PolicyException {
        if (rules.size() > MAX_RULES) {
            throw new PolicyException("policy: gate: " + rules.size() + " rules (expected: <= " + MAX_RULES + ")");
        }
        List<Compiled> compiled = new ArrayList<>();
        for (GateRule rule : rules) {
            compiled.add(compile(rule));
        }
        return new GateRules(compiled);
    }

    /** Rules of a policy that was accepted elsewhere: one that cannot be read here holds of every act. */
    public static GateRules closed(List<GateRule> rules) {
        List<Compiled> compiled = new ArrayList<>();
        for (GateRule rule : rules) {
            try {
                if (compiled.size() >= MAX_RULES) {
                    throw new PolicyException("policy: gate: more than " + MAX_RULES + " rules");
                }
                compiled.add(compile(rule));
            } catch (PolicyException e) {
                compiled.add(new Compiled(rule, answer(rule), Optional.empty()));
            }
        }
        return new GateRules(compiled);
    }

    private static Compiled compile(GateRule rule) throws PolicyException {
        if (rule.getWhen().length() > MAX_EXPRESSION) {
            throw new PolicyException("policy: gate " + rule.getName() + ": "
                    + rule.getWhen().length() + " characters (expected: <= " + MAX_EXPRESSION + ")");
        }
        Cel cel = Language.CEL;
        CelValidationResult result = cel.compile(rule.getWhen());
        try {
            CelAbstractSyntaxTree tree = result.getAst();
            boolean grows = CelNavigableAst.fromAst(tree)
                    .getRoot()
                    .allNodes()
                    .anyMatch(node -> node.expr().getKind() == CelExpr.ExprKind.Kind.CALL
                            && node.expr().call().function().equals(ADD));
            if (grows) {
                throw new PolicyException(
                        "policy: gate " + rule.getName() + ": + (expected: comparisons; nothing is put together)");
            }
            return new Compiled(rule, answer(rule), Optional.of(cel.createProgram(tree)));
        } catch (CelValidationException e) {
            throw new PolicyException("policy: gate " + rule.getName() + ": "
                    + String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip()
                    + " (expected: a bool over act, such as \"docker\" in act.programs)");
        } catch (CelEvaluationException e) {
            throw new PolicyException("policy: gate " + rule.getName() + ": " + e.getMessage()
                    + " (expected: an expression that can be evaluated)");
        }
    }

    /** A word from a newer contract is the strictest answer that stops nothing by itself. */
    private static Scope.Answer answer(GateRule rule) {
        return Scope.Answer.of(rule.getAnswer())
                .filter(answer -> answer != Scope.Answer.ALLOW)
                .orElse(Scope.Answer.DENY);
    }

    /** Those that hold of an act, in the order of the policy. */
    public List<Holding> holding(AnnouncedAct act) {
        return rules.stream()
                .filter(rule -> rule.holds(act))
                .map(rule -> new Holding(rule.rule(), rule.answer()))
                .toList();
    }

    /** Made when the first expression is read: it takes a tenth of a second that most policies do not need. */
    private static final class Language {
        private static final Cel CEL = CelFactory.standardCelBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(CelStandardMacro.HAS, CelStandardMacro.ALL, CelStandardMacro.EXISTS)
                .addMessageTypes(AnnouncedAct.getDescriptor())
                .addVar(
                        "act",
                        StructTypeReference.create(AnnouncedAct.getDescriptor().getFullName()))
                .setResultType(SimpleType.BOOL)
                .build();
    }
}
