package io.plumbline.watcher.learning;

/**
 * Something that a session did and that a policy can grant.
 *
 * @param value a path as policies write it, {@code host:port}, the name of a program or of a tool
 * @param call the announced call that explains it; empty when the agent itself did it
 */
record Act(Kind kind, String value, String call) {
    enum Kind {
        READ,
        WRITE,
        /** Of the agent itself: a pattern of the policy above. */
        STATE,
        HOST,
        TOOL,
        PROGRAM
    }
}
