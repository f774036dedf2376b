package io.plumbline.events.gate;

import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.claims.HookAnswers;

/**
 * What a hook gets over HTTP.
 *
 * @param status 200, or one that makes the hook's program fail, which blocks what it asked for
 * @param json in the shape that the agent obeys
 */
public record HookAnswer(int status, String json) {
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;

    static HookAnswer of(String json) {
        return new HookAnswer(OK, json);
    }

    /**
     * To a hook of which nobody knows what it asked. A denial in the shape of another hook is no denial to Codex, which then asks its user
     * or its own reviewer; all of its hooks are programs, and one that fails is obeyed whatever it asked. Claude Code's may be plain HTTP,
     * where a failed one counts for nothing.
     */
    public static HookAnswer unreadable(AgentDialect dialect, String reason) {
        return new HookAnswer(dialect == AgentDialect.CODEX ? BAD_REQUEST : OK, HookAnswers.deny(dialect, reason));
    }
}
