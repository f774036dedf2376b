package io.plumbline.rules.sigma;

import java.util.Arrays;
import java.util.Optional;

/**
 * A network of addresses, IPv4 or IPv6. Addresses of one family never lie in a network of the other, mapped ones included.
 */
public final class Network {
    private final byte[] address;
    private final int bits;

    private Network(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /**
     * Reads {@code address/bits}; an address alone is a network of one.
     *
     * @return empty for anything else, host bits that are set included
     */
    public static Optional<Network> parse(String text) {
        int slash = text.indexOf('/');
        byte[] address = address(slash < 0 ? text : text.substring(0, slash));
        if (address.length == 0) {
            return Optional.empty();
        }
        int bits = slash < 0 ? address.length * 8 : prefix(text.substring(slash + 1));
        if (bits < 0 || bits > address.length * 8) {
            return Optional.empty();
        }
        for (int bit = bits; bit < address.length * 8; bit++) {
            if ((address[bit / 8] & (0x80 >> (bit % 8))) != 0) {
                return Optional.empty();
            }
        }
        return Optional.of(new Network(address, bits));
    }

    private static int prefix(String digits) {
        if (digits.isEmpty() || digits.length() > 3 || (digits.length() > 1 && digits.charAt(0) == '0')) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** True when the text is an address in this network; zones, blanks and names are none. */
    public boolean contains(CharSequence text) {
        byte[] other = address(text);
        if (other.length != address.length) {
            return false;
        }
        int whole = bits / 8;
        for (int i = 0; i < whole; i++) {
            if (other[i] != address[i]) {
                return false;
            }
        }
        int rest = bits % 8;
        return rest == 0 || ((other[whole] ^ address[whole]) & (0xff00 >> rest) & 0xff) == 0;
    }

    /** Four or sixteen bytes; none when the text is no address. */
    static byte[] address(CharSequence text) {
        int length = text.length();
        if (length < 2 || length > 45) {
            return new byte[0];
        }
        for (int i = 0; i < length; i++) {
            if (text.charAt(i) == ':') {
                return six(text.toString());
            }
        }
        byte[] four = new byte[4];
        return four(text, 0, four, 0) ? four : new byte[0];
    }

    private static boolean four(CharSequence text, int from, byte[] target, int at) {
        int part = 0;
        int value = -1;
        boolean zero = false;
        for (int i = from; i <= text.length(); i++) {
            char c = i == text.length() ? '.' : text.charAt(i);
            if (c == '.') {
                if (value < 0 || part > 3) {
                    return false;
                }
                target[at + part++] = (byte) value;
                value = -1;
                zero = false;
            } else if (c >= '0' && c <= '9' && !zero) {
                zero = value < 0 && c == '0';
                value = Math.max(value, 0) * 10 + (c - '0');
                if (value > 255) {
                    return false;
                }
            } else {
                return false;
            }
        }
        return part == 4;
    }

    private static byte[] six(String text) {
        byte[] bytes = new byte[16];
        int filled = 0;
        int gap = -1;
        int i = 0;
        if (text.startsWith("::")) {
            gap = 0;
            i = 2;
        } else if (text.startsWith(":")) {
            return new byte[0];
        }
        while (i < text.length()) {
            int end = i;
            while (end < text.length() && text.charAt(end) != ':') {
                end++;
            }
            if (text.indexOf('.', i) >= 0 && end == text.length()) {
                if (filled > 12 || !four(text, i, bytes, filled)) {
                    return new byte[0];
                }
                filled += 4;
                i = end;
                break;
            }
            int group = group(text, i, end);
            if (group < 0 || filled > 14) {
                return new byte[0];
            }
            bytes[filled++] = (byte) (group >> 8);
            bytes[filled++] = (byte) group;
            if (end == text.length()) {
                i = end;
            } else if (text.startsWith("::", end)) {
                if (gap >= 0) {
                    return new byte[0];
                }
                gap = filled;
                i = end + 2;
            } else if (end + 1 == text.length()) {
                return new byte[0];
            } else {
                i = end + 1;
            }
        }
        if (gap < 0) {
            return filled == 16 ? bytes : new byte[0];
        }
        if (filled > 14) {
            return new byte[0];
        }
        byte[] spread = new byte[16];
        System.arraycopy(bytes, 0, spread, 0, gap);
        System.arraycopy(bytes, gap, spread, 16 - (filled - gap), filled - gap);
        return spread;
    }

    private static int group(String text, int from, int to) {
        if (to == from || to - from > 4) {
            return -1;
        }
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0 || text.charAt(i) > 'f') {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Network network && bits == network.bits && Arrays.equals(address, network.address);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(address) * 31 + bits;
    }

    @Override
    public String toString() {
        try {
            return java.net.InetAddress.getByAddress(address).getHostAddress() + "/" + bits;
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
