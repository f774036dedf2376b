package io.plumbline.watcher.deviation;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The addresses of the cloud providers' metadata services (AWS, Google Cloud, Azure, Alibaba Cloud), however they are written. */
public final class MetadataService {
    private static final Set<String> ADDRESSES =
            Set.of("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254", "fd00:ec2:0:0:0:0:0:254");

    private static final Set<String> HOSTS =
            Set.of("metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal");

    private static final Pattern NUMBERS = Pattern.compile("[0-9a-fx]{1,12}(\\.[0-9a-fx]{1,12}){0,3}");

    private MetadataService() {}

    /** Whether a host name or an address is one of them. */
    public static boolean is(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return ADDRESSES.contains(name)
                || HOSTS.contains(name)
                || name.startsWith("::ffff:") && is(name.substring("::ffff:".length()))
                || name.equals("a9fe:a9fe")
                || name.indexOf(':') >= 0 && ADDRESSES.contains(shortest(name))
                || NUMBERS.matcher(name).matches() && ADDRESSES.contains(dotted(name));
    }

    /** An IPv6 address as Java writes it; one that stands for an IPv4 address as that. */
    private static String shortest(String name) {
        try {
            return InetAddress.ofLiteral(name).getHostAddress();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** An IPv4 address in decimal, octal or hexadecimal numbers, the last of which may fill several bytes, as inet_aton(3) reads it. */
    private static String dotted(String name) {
        String[] parts = name.split("\\.", -1);
        long address = 0;
        for (int i = 0; i < parts.length; i++) {
            long value;
            try {
                value = Long.decode(parts[i]);
            } catch (NumberFormatException e) {
                return "";
            }
            boolean last = i == parts.length - 1;
            int bits = last ? 8 * (4 - i) : 8;
            if (value < 0 || value >= 1L << bits) {
                return "";
            }
            address = address << bits | value;
        }
        return (address >> 24) + "." + (address >> 16 & 0xff) + "." + (address >> 8 & 0xff) + "." + (address & 0xff);
    }
}
