package io.plumbline.intent;

import java.util.List;

/** The answer of the model about one act. */
public sealed interface Score {
    /** What to do about it: nothing, ask a person, or count it as a deviation. */
    enum Band {
        SERVES,
        ASK,
        DOES_NOT_SERVE
    }

    /**
     * @param risk calibrated probability that the act does not serve the intent, 0 to 1; never below {@code floor}
     * @param model the same by the model alone; the greater of {@code blind} and the score with the agent's words
     * @param blind by the model alone as if the agent had said nothing
     * @param floor what the act's structure makes certain, whatever the model says
     * @param reasons what raised the risk, most important first
     * @param version the model's, see {@link IntentModel#version()}
     */
    record Scored(
            double risk, double model, double blind, double floor, Band band, List<Reason> reasons, String version)
            implements Score {
        public Scored {
            // Nothing that is not a number is ever below a threshold.
            for (double value : new double[] {risk, model, blind, floor}) {
                if (!(value >= 0 && value <= 1)) {
                    throw new IllegalArgumentException("score: " + value + " (expected: 0 to 1)");
                }
            }
            reasons = List.copyOf(reasons);
        }

        /** Where the agent said nothing: the model alone is blind to it. */
        public Scored(double risk, double model, double floor, Band band, List<Reason> reasons, String version) {
            this(risk, model, model, floor, band, reasons, version);
        }
    }

    /** No score. Not a low one: whoever asks decides what an act is worth of which nothing is known. */
    record NotScored(Cause cause, String detail) implements Score {}

    enum Cause {
        /** There is no model, or its files do not fit together. */
        NO_MODEL,
        /** The model failed on this act. */
        FAILED,
        /** The answer would take longer than anybody can wait: by the windows that would have to be read, not by a clock. */
        TOO_SLOW,
        /** There is no task to hold the act against. */
        NO_TASK
    }

    /**
     * @param words what was noticed, for people
     * @param weight by how much the log odds would fall without it
     */
    record Reason(String words, double weight) {}
}
