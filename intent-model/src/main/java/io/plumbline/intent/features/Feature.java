package io.plumbline.intent.features;

/**
 * One number of the vector.
 *
 * @param name short, the same in every version
 * @param group what it is taken from, for ablations
 * @param words what a high value says, for people
 */
public record Feature(String name, Group group, String words) {
    public enum Group {
        /** Vectors of the task and the act. */
        SIMILARITY,
        /** Words and literals that task and act share. */
        WORDS,
        /** The act alone, and what the task and the scope permit of it. */
        STRUCTURE,
        /** The agent's plan and reason; never in the blind score. */
        PROSE
    }
}
