package io.plumbline.rules.workbench;

import java.util.Locale;

/** What {@link Lint} looks for. Ids and severities are stable: an id is never used for another meaning. */
public enum Check {
    REFUSED(Severity.ERROR, "the document cannot be used"),
    DUPLICATE_ID(Severity.ERROR, "an id that another document has, whatever its case"),
    UNKNOWN_KEY(Severity.NOTE, "a key at the top that is not in the specification"),
    MISSPELT_KEY(Severity.WARNING, "a key at the top that is nearly one of the specification"),
    EMPTY_KEY(Severity.NOTE, "a key without a value"),
    NO_ID(Severity.WARNING, "a document without an id"),
    ID_FORM(Severity.NOTE, "an id that is no UUID"),
    ID_VERSION(Severity.NOTE, "a UUID that is not random (version 4)"),
    ID_CASE(Severity.NOTE, "an id in upper case"),
    NAME_FORM(Severity.WARNING, "a name that is not made of a-z, 0-9, dashes and underscores"),
    TITLE_LENGTH(Severity.NOTE, "a title of more than 120 characters"),
    TITLE_FORM(Severity.NOTE, "a title that begins in lower case or ends with a full stop"),
    NO_LEVEL(Severity.WARNING, "a reported rule without a level"),
    NO_STATUS(Severity.NOTE, "a reported rule without a status"),
    DEPRECATED(Severity.WARNING, "a rule that says it is not to be used any more"),
    LEVEL_STATUS(Severity.NOTE, "a critical rule that is still experimental"),
    NO_DESCRIPTION(Severity.NOTE, "a reported rule without a description"),
    SHORT_DESCRIPTION(Severity.NOTE, "a description that says no more than the title"),
    NO_AUTHOR(Severity.NOTE, "a reported rule without an author"),
    NO_LICENSE(Severity.NOTE, "a reported rule without a licence"),
    NO_DATE(Severity.NOTE, "a reported rule without a date"),
    DATE_FORM(Severity.WARNING, "a date that is not written as 2026-01-31"),
    DATE_IMPOSSIBLE(Severity.WARNING, "a date that is not in the calendar"),
    DATE_ORDER(Severity.WARNING, "a rule modified before its date"),
    MODIFIED_ALONE(Severity.NOTE, "a rule modified without a date"),
    NO_REFERENCES(Severity.NOTE, "a reported rule without references"),
    REFERENCE_FORM(Severity.NOTE, "a reference that is no URL"),
    REFERENCE_HTTP(Severity.NOTE, "a reference over http"),
    REFERENCE_TWICE(Severity.NOTE, "a reference that stands twice"),
    NO_FALSE_POSITIVES(Severity.NOTE, "a reported rule of level medium or more without false positives"),
    FALSE_POSITIVES_VAGUE(Severity.NOTE, "false positives that say nothing"),
    RELATED_FORM(Severity.WARNING, "a related rule without a UUID or with a type that is not in the specification"),
    RELATED_SELF(Severity.WARNING, "a rule that is related to itself"),
    NO_TAGS(Severity.NOTE, "a reported rule without tags"),
    TAG_FORM(Severity.WARNING, "a tag of another form or namespace"),
    TAG_CASE(Severity.WARNING, "a tag in upper case"),
    TAG_TWICE(Severity.NOTE, "a tag that stands twice"),
    TAG_UNKNOWN(Severity.WARNING, "a technique or tactic that is not published"),
    TAG_RETIRED(Severity.WARNING, "a technique that was retired"),
    TAG_TACTIC_MISSING(Severity.NOTE, "a technique without a tag of one of its tactics"),
    TAG_TACTIC_MISMATCH(Severity.NOTE, "a tactic that none of the rule's techniques belongs to"),
    TAG_PARENT(Severity.NOTE, "a technique beside one of its sub-techniques"),
    FIELDS_UNKNOWN(Severity.NOTE, "a field to show that events of the log source do not have"),
    DUPLICATE_TITLE(Severity.WARNING, "a title that two reported rules have"),
    DUPLICATE_LOGIC(Severity.WARNING, "two reported rules of one log source that say the same"),
    SHADOWED_RULE(Severity.WARNING, "a reported rule that matches only where another one does"),
    SILENT_RULE(Severity.NOTE, "a rule that reports only through correlations"),
    NOT_COMPARED(Severity.NOTE, "a set too large to compare every rule with every other"),
    LOGSOURCE_UNKNOWN(Severity.WARNING, "a log source of the product linux or agent that nothing feeds"),
    LOGSOURCE_FOREIGN(Severity.NOTE, "a log source of a product that nothing feeds"),
    LOGSOURCE_CASE(Severity.WARNING, "a log source in upper case"),
    LOGSOURCE_BROAD(Severity.NOTE, "a log source that is a product only"),
    LOGSOURCE_KEY(Severity.WARNING, "a key of a log source that is not in the specification"),
    FIELD_UNKNOWN(Severity.WARNING, "a field that events of the log source do not have"),
    FIELD_CASE(Severity.WARNING, "a field that is one of the log source but for its case"),
    VALUE_UNKNOWN(Severity.WARNING, "a value that the field never has"),
    UNUSED_IDENTIFIER(Severity.WARNING, "a search identifier that no condition uses"),
    ALL_OF_ONE(Severity.NOTE, "all of a pattern that fits one search identifier"),
    ONE_OF_ONE(Severity.NOTE, "1 of a pattern that fits one search identifier"),
    THEM_WITH_FILTER(Severity.WARNING, "them, which takes in search identifiers that are named filters"),
    DOUBLE_NEGATION(Severity.WARNING, "not in front of not"),
    IMPOSSIBLE_CONDITION(Severity.ERROR, "a condition that no event can fit"),
    CERTAIN_CONDITION(Severity.ERROR, "a condition that every event fits"),
    UNREACHABLE_PART(Severity.WARNING, "an alternative that no event can fit"),
    CONTRADICTING_ITEMS(Severity.ERROR, "items of one search identifier that cannot hold at once"),
    USELESS_EXCLUSION(Severity.WARNING, "an exclusion of what the rest of the condition cannot match"),
    REDUNDANT_PART(Severity.NOTE, "a part of a condition that follows from another"),
    ALWAYS_EVALUATED(Severity.NOTE, "a rule that is looked at for every event of its log source"),
    BROAD_SELECTION(Severity.WARNING, "a rule that two characters anywhere in a field are enough for"),
    BROAD_EXCLUSION(Severity.WARNING, "an exclusion by two characters anywhere in a field"),
    KEYWORDS_ONLY(Severity.NOTE, "a rule that searches every field"),
    WILDCARD_ONLY(Severity.WARNING, "a value that any text fits"),
    EMPTY_VALUE(Severity.WARNING, "an empty text under contains, startswith or endswith"),
    WILDCARD_FOR_MODIFIER(Severity.NOTE, "wildcards at the ends in place of contains, startswith or endswith"),
    WILDCARD_REPEATED(Severity.NOTE, "a wildcard at an end that the modifier is about"),
    LEADING_WILDCARD(Severity.NOTE, "a text with wildcards in front and inside, which is searched for at every place"),
    ESCAPED_WILDCARD(Severity.NOTE, "an escaped wildcard, which stands for itself"),
    CONTROL_CHARACTER(Severity.WARNING, "a control character in a value"),
    PADDED_VALUE(Severity.NOTE, "a value with a blank at an end, compared as a whole"),
    DUPLICATE_VALUE(Severity.NOTE, "a value that stands twice"),
    DUPLICATE_VALUE_CASE(Severity.NOTE, "two values that differ in case only, compared without case"),
    SUBSUMED_VALUE(Severity.NOTE, "a value that another one of the list covers"),
    MIXED_TYPES(Severity.NOTE, "texts and numbers in one list"),
    ALL_EQUAL(Severity.WARNING, "all with whole values of a field that has one"),
    USELESS_CASED(Severity.NOTE, "cased with values that have no letters"),
    USELESS_WINDASH(Severity.NOTE, "windash with values that have no dash"),
    USELESS_EXPAND(Severity.NOTE, "expand with values that have no placeholder"),
    SINGLE_ADDRESS(Severity.NOTE, "a network of one address"),
    EVERY_ADDRESS(Severity.WARNING, "a network of all addresses"),
    REGEX_LITERAL(Severity.NOTE, "a regular expression that is a text"),
    REGEX_OPEN_END(Severity.NOTE, "a regular expression that begins or ends with .*"),
    REGEX_EMPTY(Severity.WARNING, "a regular expression that the empty text fits"),
    REGEX_INLINE_CASE(Severity.NOTE, "a regular expression with (?i) in place of the modifier i"),
    REGEX_DOT(Severity.NOTE, "a host name in a regular expression with a dot that is not escaped"),
    SLOW_EXPRESSION(Severity.NOTE, "a regular expression without a text that it needs"),
    SUFFIX_WITHOUT_SLASH(Severity.WARNING, "an executable by the end of its name, without the slash in front"),
    WINDOWS_PATH(Severity.WARNING, "a path with backslashes in a rule for Linux"),
    RELATIVE_PATH(Severity.WARNING, "a file by a whole or leading path that does not begin with a slash or ~"),
    PORT_RANGE(Severity.WARNING, "a port outside of 0 to 65535"),
    NEGATED_NEQ(Severity.NOTE, "neq, which does not fit events without the field"),
    UNBOUNDED_CORRELATION(Severity.WARNING, "a correlation without group-by, which counts everybody's events together"),
    GROUP_FIELD_UNKNOWN(Severity.WARNING, "a group-by field that events of a named rule do not have"),
    VALUE_FIELD_UNKNOWN(Severity.WARNING, "a counted field that events of a named rule do not have"),
    LONG_TIMESPAN(Severity.NOTE, "a correlation over more than a day"),
    TIMESPAN_FORM(Severity.NOTE, "a timespan that a larger unit says shorter"),
    COUNT_OF_ONE(Severity.WARNING, "a correlation that the first match completes"),
    CORRELATION_LEVEL(Severity.NOTE, "a correlation of a lower level than a rule that it names"),
    DUPLICATE_CORRELATION(Severity.WARNING, "two correlations that say the same"),
    SAME_STEPS(Severity.WARNING, "two rules of one correlation that say the same"),
    NEEDLESS_ALIAS(Severity.NOTE, "an alias that stands for one field in every rule"),
    EXTREME_PERCENTILE(Severity.NOTE, "a percentile of 0 or 100, which is a least or greatest value"),
    FILTER_POLARITY(Severity.WARNING, "a filter that keeps what it selects"),
    FILTER_REMOVES_RULE(Severity.ERROR, "a rule that its filters leave no event for"),
    NO_CASES(Severity.NOTE, "a reported rule without cases beside it"),
    CASES_REFUSED(Severity.ERROR, "cases that cannot be read"),
    NO_POSITIVE_CASE(Severity.WARNING, "cases without an event that the rule has to match"),
    NO_NEGATIVE_CASE(Severity.WARNING, "cases without an event that the rule has to leave alone");

    private final Severity severity;
    private final String meaning;

    Check(Severity severity, String meaning) {
        this.severity = severity;
        this.meaning = meaning;
    }

    public Severity severity() {
        return severity;
    }

    /** What the check is about, one line. */
    public String meaning() {
        return meaning;
    }

    /** Its name in reports. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
