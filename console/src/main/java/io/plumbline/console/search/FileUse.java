package io.plumbline.console.search;

import java.time.Instant;

/** What a session did with one path: how often it was opened, changed, and how often that failed. */
public record FileUse(String path, long opened, long changed, long failed, Instant last) {}
