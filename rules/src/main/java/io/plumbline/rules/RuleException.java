package io.plumbline.rules;

/**
 * A rule that cannot be used as it is written. The message is one line: position, code, the offending value and what was
 * expected. Such a rule is never used with another meaning.
 */
public final class RuleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What a rule was refused for. */
    public enum Code {
        /** The text is not YAML 1.2, or uses a part of it that rules have no use for. */
        YAML,
        /** A size, a depth or a number of things is over its limit. */
        LIMIT,
        /** The document is none of rule, correlation and filter, or a key of it has the wrong form. */
        DOCUMENT,
        /** A search identifier of a detection has the wrong form. */
        DETECTION,
        /** A modifier does not exist, stands twice, or does not go with the others. */
        MODIFIER,
        /** A value has a type or a form that its modifiers do not take. */
        VALUE,
        /** A regular expression is outside what can be matched in linear time. */
        REGEX,
        /** A placeholder that no pipeline fills. */
        PLACEHOLDER,
        /** A condition does not parse, or names what does not exist. */
        CONDITION,
        /** A correlation whose parts contradict each other or say nothing. */
        CORRELATION,
        /** A filter that does not fit the rules it names. */
        FILTER,
        /** A rule that is named does not exist, or a name stands for two. */
        REFERENCE,
        /** A feature of another version of Sigma. */
        UNSUPPORTED
    }

    private final Code code;
    private final transient Position position;
    private final String problem;

    /**
     * A refusal.
     *
     * @param problem the offending value, and what was expected, in one line
     */
    public RuleException(Code code, Position position, String problem) {
        super(position + ": " + code + ": " + problem);
        this.code = code;
        this.position = position;
        this.problem = problem;
    }

    public Code code() {
        return code;
    }

    public Position position() {
        return position;
    }

    /** The message without position and code. */
    public String problem() {
        return problem;
    }
}
