package io.plumbline.sandbox.egress;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/** Which addresses a name may lead to (the special-purpose registries of RFC 6890 and what came after). */
final class PublicAddresses {
    private PublicAddresses() {}

    /** @param allowPrivate the rule names a host of one's own network: private and loopback addresses are meant */
    static boolean allows(InetAddress address, boolean allowPrivate) {
        return switch (address) {
            case Inet4Address v4 -> allows(v4.getAddress(), allowPrivate);
            case Inet6Address v6 -> allowsIpv6(v6, allowPrivate);
            default -> false;
        };
    }

    private static boolean allows(byte[] a, boolean allowPrivate) {
        int first = a[0] & 0xff;
        int second = a[1] & 0xff;
        int third = a[2] & 0xff;
        // Never: this network, link-local with the cloud's metadata service, multicast, reserved, broadcast.
        if (first == 0 || (first == 169 && second == 254) || first >= 224) {
            return false;
        }
        boolean own = first == 10
                || first == 127
                || (first == 172 && second >= 16 && second < 32)
                || (first == 192 && second == 168)
                || (first == 100 && second >= 64 && second < 128);
        if (own) {
            return allowPrivate;
        }
        // Protocol assignments, documentation, benchmarking, the former 6to4 relays.
        return !((first == 192 && second == 0 && (third == 0 || third == 2))
                || (first == 192 && second == 88 && third == 99)
                || (first == 198 && (second == 18 || second == 19))
                || (first == 198 && second == 51 && third == 100)
                || (first == 203 && second == 0 && third == 113));
    }

    private static boolean allowsIpv6(Inet6Address address, boolean allowPrivate) {
        byte[] a = address.getAddress();
        boolean uniqueLocal = (a[0] & 0xfe) == 0xfc;
        if (address.isLoopbackAddress() || uniqueLocal) {
            return allowPrivate;
        }
        // Only global unicast, 2000::/3; without what carries an IPv4 address inside (6to4, Teredo) and documentation.
        // IPv4-mapped, NAT64, link-local, site-local and multicast lie outside.
        boolean global = (a[0] & 0xe0) == 0x20;
        boolean sixToFour = a[0] == 0x20 && a[1] == 0x02;
        boolean protocolAssignments = a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xfe) == 0;
        boolean documentation = a[0] == 0x20 && a[1] == 0x01 && (a[2] & 0xff) == 0x0d && (a[3] & 0xff) == 0xb8;
        return global && !sixToFour && !protocolAssignments && !documentation;
    }
}
