package io.plumbline.ingest;

/** Who stands behind a token. */
record Principal(String tenant, Role role) {}
