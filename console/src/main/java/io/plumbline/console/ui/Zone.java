package io.plumbline.console.ui;

import com.vaadin.flow.component.ComponentUtil;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.server.VaadinRequest;
import jakarta.servlet.http.Cookie;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Optional;

/**
 * The time zone of the person who looks: that of the browser, which tells it in a cookie before the page asks for its content. Without a
 * page, or without a usable zone, it is UTC. What leaves as a file is told in UTC.
 */
public final class Zone {
    private static final String COOKIE = "plumbline-zone";

    /** A script for the head of every page. */
    public static final String TELL = "document.cookie = '" + COOKIE
            + "=' + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC') + '; path=/; SameSite=Strict'";

    private static final int MAX_NAME = 64;

    private Zone() {}

    static ZoneId ofPerson() {
        UI ui = UI.getCurrent();
        if (ui == null) {
            return ZoneOffset.UTC;
        }
        ZoneId known = ComponentUtil.getData(ui, ZoneId.class);
        if (known == null) {
            known = Optional.ofNullable(VaadinRequest.getCurrent())
                    .map(VaadinRequest::getCookies)
                    .flatMap(cookies -> Arrays.stream(cookies)
                            .filter(cookie -> cookie.getName().equals(COOKIE))
                            .map(Cookie::getValue)
                            .findFirst())
                    .map(Zone::named)
                    .orElse(ZoneOffset.UTC);
            ComponentUtil.setData(ui, ZoneId.class, known);
        }
        return known;
    }

    /** @param name as a browser tells it, with slashes and plus signs escaped: {@code Etc%2FGMT%2B5} */
    static ZoneId named(String name) {
        String plain = name.replace("%2F", "/").replace("%2B", "+");
        try {
            return plain.length() > MAX_NAME ? ZoneOffset.UTC : ZoneId.of(plain);
        } catch (DateTimeException e) {
            return ZoneOffset.UTC;
        }
    }
}
