package io.plumbline.intent.features;

import io.plumbline.intent.Act;
import io.plumbline.intent.features.Bank.Spread;
import io.plumbline.intent.text.Encoded;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * An act made ready once for many intents.
 *
 * @param text bounded and folded
 * @param windows as the encoder sees them
 * @param spreads of the windows' similarity to unrelated tasks
 * @param found its signals by index, with what was found of each in its text
 * @param hosts that it names
 * @param glosses what each invocation is for, empty where not known
 * @param purpose what the act's programs and options are for
 * @param cut not all of the act was encoded or read
 */
public record Reading(
        Act.Kind kind,
        String text,
        List<Encoded> windows,
        List<Spread> spreads,
        Outline outline,
        SortedMap<Integer, String> found,
        Set<String> stems,
        Set<String> literals,
        List<String> hosts,
        List<Set<String>> glosses,
        Optional<Purpose> purpose,
        int disguised,
        boolean cut) {
    /**
     * Vectors of what people say that programs are for.
     *
     * @param whole of all that is known of the act
     * @param spread of {@code whole}'s similarity to unrelated tasks
     * @param invocations one each, program and options together
     * @param programs one each, the program alone
     * @param options each option that is known, of all programs
     */
    public record Purpose(
            float[] whole, Spread spread, List<float[]> invocations, List<float[]> programs, List<float[]> options) {}

    /** Whether the act gives a signal. */
    public boolean gives(int signal) {
        return found.containsKey(signal);
    }

    /** Whether the person's task asks for a signal that the act gives. */
    boolean isAsked(int signal, Side task) {
        return task.asked().get(signal) || Signals.isNamed(found.getOrDefault(signal, ""), task.text());
    }
}
