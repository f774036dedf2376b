package io.plumbline.rules.engine;

import io.plumbline.rules.engine.AsciiSearch.Answer;
import io.plumbline.rules.sigma.ValueTest.Regex;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Regular expressions of one matcher: RE2/J, and for those that are asked for often an {@link AsciiSearch} before it. */
final class Expressions {
    /** Inputs before an automaton is worth its millisecond: most expressions are never asked for so often. */
    static final int TRIES = 32;

    private final Map<Regex, Tried> tried = new IdentityHashMap<>();

    private static final class Tried {
        private int times;
        private @Nullable AsciiSearch search;
    }

    /** Whether an expression is found in a value. */
    boolean finds(Regex regex, String value) {
        Tried known = tried.computeIfAbsent(regex, ignored -> new Tried());
        if (known.times < TRIES && ++known.times == TRIES) {
            known.search = AsciiSearch.of(regex.expression()).orElse(null);
        }
        Answer answer = known.search == null ? Answer.UNDECIDED : known.search.finds(value);
        return answer == Answer.UNDECIDED ? regex.pattern().matcher(value).find() : answer == Answer.FOUND;
    }
}
