package io.plumbline.console.security;

import jakarta.servlet.http.HttpServletRequest;
import java.io.Serializable;
import java.util.Objects;
import org.springframework.security.core.Authentication;

/**
 * What comes with a name and a password.
 *
 * @param address as the console sees it; behind a proxy the proxy's, unless {@code server.forward-headers-strategy} says otherwise
 * @param code of the second factor; empty: none was given
 */
record SignInDetails(String address, String code) implements Serializable {
    private static final int MAX_CODE = 16;

    static SignInDetails of(HttpServletRequest request) {
        String code =
                Objects.requireNonNullElse(request.getParameter("code"), "").strip();
        return new SignInDetails(
                Objects.requireNonNullElse(request.getRemoteAddr(), ""), code.length() > MAX_CODE ? "" : code);
    }

    static SignInDetails of(Authentication authentication) {
        return authentication.getDetails() instanceof SignInDetails details ? details : new SignInDetails("", "");
    }

    /** The code does not belong in a log. */
    @Override
    public String toString() {
        return "SignInDetails[address=" + address + "]";
    }
}
