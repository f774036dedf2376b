package io.plumbline.intent;

/**
 * What is wrong with one item of a plan, held against the task.
 *
 * @param item its number in the plan, from 0
 * @param kind what was found
 * @param words the same for people
 */
public record PlanFinding(int item, Kind kind, String words) {
    public enum Kind {
        /** Whether the item, and those behind it, have anything to do with the task was not told: there are too many, or one could not be read. */
        UNREAD,
        /** The item covers anything. */
        TOO_BROAD,
        /** The item has little to do with the task. */
        SCOPE_CREEP,
        /** The item announces what the task does not ask for. */
        FORBIDDEN_INTENT
    }
}
