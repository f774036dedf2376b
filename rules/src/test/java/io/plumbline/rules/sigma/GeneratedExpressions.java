package io.plumbline.rules.sigma;

import java.util.List;
import java.util.Random;

/** Expressions and inputs that often fit each other. */
public final class GeneratedExpressions {
    private GeneratedExpressions() {}

    /** Up to 13 of the few characters that the expressions name. */
    public static String input(Random random) {
        StringBuilder input = new StringBuilder();
        for (int i = random.nextInt(14); i > 0; i--) {
            input.append("aabBc|".charAt(random.nextInt(6)));
        }
        return input.toString();
    }

    /** An expression in RE2's dialect, with what reads otherwise than it looks. */
    public static String expression(Random random) {
        return (random.nextInt(4) == 0 ? "(?i)" : "") + expression(random, 3);
    }

    private static String expression(Random random, int depth) {
        StringBuilder expression = new StringBuilder();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            expression.append(
                    switch (random.nextInt(depth == 0 ? 9 : 12)) {
                        case 0 -> List.of(".", "\\w", "\\S", "\\|").get(random.nextInt(4));
                        case 1 ->
                            List.of("[ab]", "[^a]", "[B|]", "[a-c]", "\u00e9", "[^\\x00-\\x7f]")
                                    .get(random.nextInt(6));
                        case 2 ->
                            random.nextInt(8) == 0 ? List.of("^", "$", "\\b").get(random.nextInt(3)) : "b";
                        case 9 -> "(" + expression(random, depth - 1) + "|" + expression(random, depth - 1) + ")";
                        case 10 -> "(?:" + expression(random, depth - 1) + "|)";
                        case 11 -> "(" + expression(random, depth - 1) + ")";
                        default -> List.of("a", "b", "c", "B").get(random.nextInt(4));
                    });
            if (!"^$".contains(expression.substring(expression.length() - 1))
                    && !expression.toString().endsWith("\\b")) {
                expression.append(
                        List.of("", "?", "+", "*", "{2}", "{1,3}", "{0,2}", "{2,}", "+?", "{01}", "(?i)?", "(?i)")
                                .get(Math.max(0, random.nextInt(19) - 7)));
            }
        }
        return expression.toString();
    }
}
