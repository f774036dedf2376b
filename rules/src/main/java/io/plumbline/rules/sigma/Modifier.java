package io.plumbline.rules.sigma;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The modifiers of Sigma 2.1. */
enum Modifier {
    CONTAINS("contains", Kind.AFFIX),
    STARTSWITH("startswith", Kind.AFFIX),
    ENDSWITH("endswith", Kind.AFFIX),
    ALL("all", Kind.LINK),
    NEQ("neq", Kind.LINK),
    CASED("cased", Kind.CASE),
    EXISTS("exists", Kind.TYPE),
    RE("re", Kind.TYPE),
    CIDR("cidr", Kind.TYPE),
    FIELDREF("fieldref", Kind.TYPE),
    I("i", Kind.FLAG),
    M("m", Kind.FLAG),
    S("s", Kind.FLAG),
    EXPAND("expand", Kind.CHANGE),
    WINDASH("windash", Kind.CHANGE),
    WIDE("wide", Kind.ENCODING),
    UTF16LE("utf16le", Kind.ENCODING),
    UTF16BE("utf16be", Kind.ENCODING),
    UTF16("utf16", Kind.ENCODING),
    BASE64("base64", Kind.ENCODING),
    BASE64OFFSET("base64offset", Kind.ENCODING),
    LT("lt", Kind.COMPARISON),
    LTE("lte", Kind.COMPARISON),
    GT("gt", Kind.COMPARISON),
    GTE("gte", Kind.COMPARISON),
    MINUTE("minute", Kind.TIME),
    HOUR("hour", Kind.TIME),
    DAY("day", Kind.TIME),
    WEEK("week", Kind.TIME),
    MONTH("month", Kind.TIME),
    YEAR("year", Kind.TIME);

    /** What a modifier does to its values; one field has at most one of AFFIX, TYPE, COMPARISON and TIME each. */
    enum Kind {
        AFFIX,
        LINK,
        CASE,
        TYPE,
        FLAG,
        CHANGE,
        ENCODING,
        COMPARISON,
        TIME
    }

    private final String word;
    private final Kind kind;

    Modifier(String word, Kind kind) {
        this.word = word;
        this.kind = kind;
    }

    String word() {
        return word;
    }

    Kind kind() {
        return kind;
    }

    static Optional<Modifier> of(String word) {
        return Arrays.stream(values())
                .filter(modifier -> modifier.word.equals(word))
                .findFirst();
    }

    static List<String> words() {
        return Arrays.stream(values()).map(Modifier::word).toList();
    }
}
