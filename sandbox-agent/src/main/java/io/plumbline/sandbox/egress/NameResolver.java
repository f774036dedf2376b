package io.plumbline.sandbox.egress;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Finds the addresses of a host name. Only names that the policy and the platform allow are ever asked for. */
@FunctionalInterface
interface NameResolver {
    List<InetAddress> resolve(String host) throws UnknownHostException;

    /** The machine's own resolver. */
    static NameResolver system() {
        return host -> List.of(InetAddress.getAllByName(host));
    }
}
