package io.plumbline.rules.engine;

import io.plumbline.rules.engine.AsciiSearch.Answer;
import io.plumbline.rules.sigma.ValueTest.Regex;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Regular expressions of one matcher: RE2/J, and for those that are asked for often an {@link AsciiSearch} before it. */
final class Expressions {
    /** Inputs before an automaton is worth being made: most expressions are never asked for so often. */
    static final int TRIES = 32;

    /** Automata of one matcher, those that were asked for first; the bounds of {@link AsciiSearch} hold for each. */
    private static final int MAX_SEARCHES = 64;

    private int searches;
    private final Map<Regex, Tried> tried = new IdentityHashMap<>();

    private static final class Tried {
        private int times;
        private @Nullable AsciiSearch search;
    }

    /** Whether an expression is found in a value. */
    boolean finds(Regex regex, String value) {
        Tried known = tried.computeIfAbsent(regex, ignored -> new Tried());
        if (known.times < TRIES && ++known.times == TRIES && searches < MAX_SEARCHES) {
            searches++;
            known.search = AsciiSearch.of(regex.expression()).orElse(null);
        }
        AsciiSearch search = known.search;
        Answer answer = search == null ? Answer.UNDECIDED : search.finds(value);
        if (search != null && search.isNoUse()) {
            known.search = null;
        }
        return answer == Answer.UNDECIDED ? regex.pattern().matcher(value).find() : answer == Answer.FOUND;
    }
}
