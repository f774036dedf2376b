package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * One measured figure.
 *
 * @param unit of all values
 * @param count values measured, warm-up left out
 * @param target what its 99th percentile should be at most, or its median at least; empty: it has none
 * @param least whether the target is a least value
 * @param medianTarget what its median should be at most; empty: it has none
 * @param method what exactly was measured, from where to where
 */
record Figure(
        String name,
        String unit,
        int count,
        double p50,
        double p99,
        double max,
        OptionalDouble target,
        boolean least,
        OptionalDouble medianTarget,
        String method) {

    /**
     * Nearest-rank percentiles: each is a value that was measured.
     *
     * @throws IllegalArgumentException without values
     */
    static Figure of(String name, String unit, List<Double> values, OptionalDouble target, String method) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException(name + ": no values (expected: at least one)");
        }
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return new Figure(
                name,
                unit,
                sorted.length,
                percentile(sorted, 50),
                percentile(sorted, 99),
                Arrays.stream(sorted).max().orElseThrow(),
                target,
                false,
                OptionalDouble.empty(),
                method);
    }

    /** The same with a target that its median should reach. */
    Figure atLeast(double value) {
        return new Figure(name, unit, count, p50, p99, max, OptionalDouble.of(value), true, medianTarget, method);
    }

    /** The same with a target that its median should not exceed, beside the one that it has. */
    Figure medianAtMost(double value) {
        return new Figure(name, unit, count, p50, p99, max, target, least, OptionalDouble.of(value), method);
    }

    private static double percentile(double[] sorted, int percent) {
        return sorted[Math.max(0, (int) Math.ceil(sorted.length * percent / 100.0) - 1)];
    }

    /** Whether its targets are kept; without one they are. */
    boolean met() {
        return targetMet() && medianMet();
    }

    private boolean targetMet() {
        return target.isEmpty() || (least ? p50 >= target.getAsDouble() : p99 <= target.getAsDouble());
    }

    private boolean medianMet() {
        return medianTarget.isEmpty() || p50 <= medianTarget.getAsDouble();
    }

    ObjectNode json() {
        ObjectNode json = new ObjectMapper()
                .createObjectNode()
                .put("figure", name)
                .put("unit", unit)
                .put("n", count)
                .put("p50", rounded(p50))
                .put("p99", rounded(p99))
                .put("max", rounded(max));
        target.ifPresent(limit -> json.put("target", limit));
        medianTarget.ifPresent(limit -> json.put("target_p50", limit));
        if (target.isPresent() || medianTarget.isPresent()) {
            json.put("met", met());
        }
        if (least) {
            json.put("target_is", "least p50");
        }
        return json.put("method", method);
    }

    String describe() {
        String line = String.format(
                Locale.ROOT, "%-28s n %-4d p50 %8.2f   p99 %8.2f   max %8.2f  %s", name, count, p50, p99, max, unit);
        return line
                + describe(medianTarget, "p50 <=", medianMet())
                + describe(target, least ? "p50 >=" : "p99 <=", targetMet());
    }

    private static String describe(OptionalDouble target, String relation, boolean met) {
        return target.isEmpty()
                ? ""
                : String.format(
                        Locale.ROOT,
                        "   %s %s: %s",
                        relation,
                        BigDecimal.valueOf(target.getAsDouble())
                                .stripTrailingZeros()
                                .toPlainString(),
                        met ? "met" : "NOT MET");
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
