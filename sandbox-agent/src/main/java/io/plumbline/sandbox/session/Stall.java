package io.plumbline.sandbox.session;

/** Work that is there and does not go on. It counts looks and not time: a host that stood still has not looked either. */
final class Stall {
    private final int patience;
    private long before = -1;
    private int looks;

    /** @param patience looks without progress that are none yet */
    Stall(int patience) {
        this.patience = patience;
    }

    /**
     * Looks again.
     *
     * @param done grows with the work
     * @param due whether there is anything to do
     * @return true when it has hung for longer than the patience, and again each time that it has hung for as long: a session that was
     *     thawed meanwhile is still not watched
     */
    boolean hangs(long done, boolean due) {
        looks = due && done == before ? looks + 1 : 0;
        before = done;
        return looks > patience && (looks - 1) % patience == 0;
    }
}
