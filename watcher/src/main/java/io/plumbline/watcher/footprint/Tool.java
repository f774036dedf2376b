package io.plumbline.watcher.footprint;

import io.plumbline.events.policy.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a program honestly needs; see {@code tools.yaml} for what the parts mean.
 *
 * @param options by name, without the value
 * @param written options with which operands are written
 * @param writesWorkspace whether it may write anything in the workspace
 * @param files globs of what it writes besides
 * @param secrets globs of files with credentials that it reads for its own sake
 * @param anyChild whether it may start any program
 * @param anyHost whether it may connect anywhere
 * @param connects whether it connects to the hosts that its words name; others may have them in their words for other reasons
 * @param scoped when starting it falls into a scope
 */
record Tool(
        Operands operands,
        Map<String, OptionValue> options,
        Set<String> written,
        boolean writesWorkspace,
        List<String> files,
        List<String> secrets,
        boolean anyChild,
        Set<String> children,
        boolean anyHost,
        Set<String> hosts,
        boolean connects,
        Optional<Scoped> scoped,
        Map<String, Tool> subcommands) {

    enum Operands {
        NONE,
        READ,
        WRITE,
        COPY,
        SCRIPT,
        URL,
        SUBCOMMAND,
        GOALS
    }

    enum OptionValue {
        READ,
        WRITE,
        DATA,
        TEXT,
        FOLDER
    }

    /** The scope of an invocation that has none of the words {@code unless}, and one of {@code with} when there are any. */
    record Scoped(Scope scope, List<String> unless, List<String> with) {
        boolean covers(List<String> words) {
            return unless.stream().noneMatch(word -> isHarmless(word, words))
                    && (with.isEmpty() || with.stream().anyMatch(word -> isAmong(word, words)));
        }

        /** A flag that stands there just so, or a subcommand in front. */
        private static boolean isHarmless(String wanted, List<String> words) {
            return wanted.startsWith("-")
                    ? words.contains(wanted)
                    : !words.isEmpty() && words.getFirst().equals(wanted);
        }

        private static boolean isAmong(String wanted, List<String> words) {
            for (String word : words) {
                boolean sign = wanted.length() == 1;
                boolean flag = wanted.length() == 2 && wanted.startsWith("-");
                boolean name = wanted.length() > 3 && !wanted.startsWith("-");
                String option = word.replaceFirst("(?s)=.*", "");
                // git and others take any beginning of a name that is its alone.
                boolean shortened = option.length() > 4 && option.startsWith("--") && wanted.startsWith(option);
                if (word.equals(wanted)
                        || sign && word.startsWith(wanted)
                        || flag && word.matches("-[A-Za-z]+") && word.indexOf(wanted.charAt(1)) > 0
                        || wanted.startsWith("--") && (option.equals(wanted) || shortened)
                        || name && !word.startsWith("-") && word.contains(wanted)) {
                    return true;
                }
            }
            return false;
        }
    }
}
