package io.plumbline.sandbox.link;

/** The platform cannot be reached or refuses this host. The message is one line with the offending and the expected value. */
public final class HostLinkException extends Exception {
    private static final long serialVersionUID = 1L;

    HostLinkException(String message) {
        super(message);
    }
}
