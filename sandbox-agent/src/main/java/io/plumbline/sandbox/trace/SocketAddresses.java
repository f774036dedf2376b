package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.Endpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Decodes raw Linux socket addresses. */
final class SocketAddresses {
    private static final int AF_UNIX = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private SocketAddresses() {}

    /** Never fails: what cannot be decoded has the family "other". */
    static Endpoint decode(byte[] address) {
        int family = address.length < 2 ? -1 : address[0] & 0xff | (address[1] & 0xff) << 8;
        if (family == AF_UNIX) {
            return Endpoint.newBuilder()
                    .setFamily("unix")
                    .setAddress(unixPath(address))
                    .build();
        }
        if (family == AF_INET && address.length >= 8) {
            return inet("inet", address, 4, 8);
        }
        if (family == AF_INET6 && address.length >= 24) {
            return inet("inet6", address, 8, 24);
        }
        return Endpoint.newBuilder().setFamily("other").build();
    }

    private static Endpoint inet(String family, byte[] address, int from, int to) {
        try {
            return Endpoint.newBuilder()
                    .setFamily(family)
                    .setAddress(InetAddress.getByAddress(Arrays.copyOfRange(address, from, to))
                            .getHostAddress())
                    .setPort((address[2] & 0xff) << 8 | address[3] & 0xff)
                    .build();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 and 16 bytes are lengths of addresses", e);
        }
    }

    /** The runtime hands over all of sun_path, with rubbish after the NUL. An abstract name starts with NUL: shown as "@". */
    private static String unixPath(byte[] address) {
        if (address.length <= 2) {
            return "";
        }
        boolean isAbstract = address[2] == 0;
        int from = isAbstract ? 3 : 2;
        int end = from;
        while (end < address.length && address[end] != 0) {
            end++;
        }
        String name = new String(address, from, end - from, StandardCharsets.UTF_8);
        return isAbstract && !name.isEmpty() ? "@" + name : name;
    }
}
