package io.plumbline.console.triage;

import java.util.List;
import java.util.Map;

/** The closed lists of triage. */
public final class Words {
    public static final String ACKNOWLEDGED = "acknowledged";
    public static final String SUPPRESSED = "suppressed";
    public static final String NOTED = "noted";
    public static final String REOPENED = "reopened";

    /** What an alert can turn out to be; each with its reason codes, the first one being the usual. */
    public static final Map<String, List<String>> REASON_CODES = Map.of(
            "true_positive", List.of("attack", "prompt-injection", "agent-mistake", "misuse", "test"),
            "benign", List.of("tooling", "agent-housekeeping", "rule-too-broad", "wrong-attribution", "other"),
            "expected_by_policy", List.of("policy-allows", "policy-outdated", "exception-granted"),
            "duplicate", List.of("same-cause", "same-incident"));

    /** In the order in which they are offered. */
    public static final List<String> VERDICTS = List.of("true_positive", "benign", "expected_by_policy", "duplicate");

    private Words() {}

    /** A word for people: {@code expected_by_policy} is "expected by policy". */
    public static String spoken(String word) {
        return word.replace('_', ' ').replace('-', ' ');
    }
}
