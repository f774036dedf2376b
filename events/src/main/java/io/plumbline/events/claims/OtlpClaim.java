package io.plumbline.events.claims;

import io.plumbline.events.v1.Event;

/**
 * One claim out of an OpenTelemetry record.
 *
 * @param agent {@code claude}, {@code codex}, {@code gemini}, {@code qwen} as in the address of their hooks, else the
 *     {@code service.name}
 * @param agentSession the agent's own name for the session; empty when the record names none
 * @param claim a builder with the payload and the event time set
 */
public record OtlpClaim(String agent, String agentSession, Event.Builder claim) {}
