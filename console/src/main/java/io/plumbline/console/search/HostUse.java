package io.plumbline.console.search;

/**
 * What a session sent to and received from one host.
 *
 * @param connections decided connections
 * @param bytesOut as far as the egress proxy has counted
 */
public record HostUse(String host, long connections, long refused, long bytesOut, long bytesIn) {}
