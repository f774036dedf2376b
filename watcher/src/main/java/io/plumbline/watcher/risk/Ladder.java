package io.plumbline.watcher.risk;

import io.plumbline.events.v1.TaskPolicy;

/**
 * The response ladder of a policy: {@code log -> alert -> ask -> freeze -> kill}. Unless the policy says otherwise, killing is a person's
 * decision.
 *
 * @param alertAt risk from which a person is shown the session, 0 to 100
 * @param askAt risk from which every further call waits for a person
 * @param freezeAt risk at which the session is stopped
 * @param killAt risk at which it is ended; 0: never
 */
public record Ladder(int alertAt, int askAt, int freezeAt, int killAt) {
    /** The highest risk; deviations beyond it do not add. */
    public static final int MAX = 100;

    /** A step of the ladder. */
    public enum Step {
        LOG("log"),
        ALERT("alert"),
        ASK("ask"),
        FREEZE("freeze"),
        KILL("kill");

        private final String word;

        Step(String word) {
            this.word = word;
        }

        /** As it stands in verdicts. */
        public String word() {
            return word;
        }

        /** Whether the session does not go on. */
        public boolean stops() {
            return compareTo(FREEZE) >= 0;
        }
    }

    /** The ladder of a policy; a policy without one freezes at the first deviation. */
    public static Ladder of(TaskPolicy policy) {
        return new Ladder(
                policy.getAlertAt(), policy.getAskAt(), Math.max(1, policy.getFreezeAt()), policy.getKillAt());
    }

    public Step step(int risk) {
        if (killAt > 0 && risk >= killAt) {
            return Step.KILL;
        }
        if (risk >= freezeAt) {
            return Step.FREEZE;
        }
        if (risk >= askAt) {
            return Step.ASK;
        }
        return risk >= alertAt ? Step.ALERT : Step.LOG;
    }
}
