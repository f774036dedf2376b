package io.plumbline.sandbox.session;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.posix.BoundFolders;

/** Says of each call that a hook announces which folder it is announced for: the agent waits, so nothing of the call has run yet. */
final class AnnouncedFolders implements SessionOutbox {
    private final SessionOutbox outbox;
    private volatile BoundFolders binds = BoundFolders.NONE;

    AnnouncedFolders(SessionOutbox outbox) {
        this.outbox = outbox;
    }

    /** What of the host is seen inside. */
    void mounted(BoundFolders folders) {
        binds = folders;
    }

    @Override
    public Event publish(Channel channel, long eventTimeNanos, Event.Builder payload) {
        ToolCall call = payload.getToolCall();
        if (payload.hasToolCall()
                && call.getSource().equals("hook")
                && call.getCwd().startsWith("/")
                // A folder that the arguments name has lost its ".." by now, and behind a link that is another folder.
                && !call.getArgumentsJson().contains("..")) {
            binds.real(call.getCwd()).ifPresent(payload.getToolCallBuilder()::setRealCwd);
        }
        return outbox.publish(channel, eventTimeNanos, payload);
    }
}
