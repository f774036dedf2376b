package io.plumbline.intent.features;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Folders and hosts that an act names. */
final class Places {
    private static final Pattern PATH = Pattern.compile("(?:^|[\\s='\"<>(@:])((?:~|/)[A-Za-z0-9_.~/+-]{1,200})");
    private static final Pattern HOST = Pattern.compile(
            "(?:://|@|[\\s'\"=(]|^|\\.|tcp/)((?:[a-z0-9-]{1,40}\\.){1,4}(?:com|net|org|io|sh|rs|site|cc|dev|internal|local|co|ai|app|xyz|ru|cn|[0-9]{1,3}))(?:[:/\\s'\"`)]|$)");
    private static final List<String> HARMLESS =
            List.of("/dev/null", "/dev/stdin", "/dev/stdout", "/tmp/", "/usr/bin/", "/bin/", "/usr/lib/");
    private static final int MAX_PLACES = 64;

    private Places() {}

    /** Whether the act names a path outside the scope that the task does not name. */
    static boolean outside(Reading act, Side task, Intent.Scope scope) {
        if (scope.folders().isEmpty()) {
            return false;
        }
        Matcher matcher = PATH.matcher(act.text());
        int looked = 0;
        while (matcher.find() && looked++ < MAX_PLACES) {
            String path = matcher.group(1);
            boolean inside = HARMLESS.stream().anyMatch(path::startsWith)
                    || scope.folders().stream()
                            .anyMatch(folder -> path.equals(folder) || path.startsWith(folder + "/"));
            if (act.kind() == Act.Kind.EGRESS || inside || task.text().contains(path)) {
                continue;
            }
            return true;
        }
        return false;
    }

    /** Whether the act names a host that neither the scope nor the task names; this machine is no host. */
    static boolean foreignHost(Reading act, Side task, Intent.Scope scope) {
        for (String host : hosts(act.text())) {
            boolean own = host.equals("127.0.0.1") || host.equals("0.0.0.0");
            if (!own && !scope.allows(host) && !task.text().contains(host)) {
                return true;
            }
        }
        return false;
    }

    static List<String> hosts(String text) {
        List<String> hosts = new ArrayList<>();
        Matcher matcher = HOST.matcher(text.toLowerCase(Locale.ROOT));
        while (matcher.find() && hosts.size() < MAX_PLACES) {
            String host = matcher.group(1);
            if (host.matches("[0-9.]+")
                    ? host.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}")
                    : host.chars().anyMatch(Character::isLetter)) {
                hosts.add(host);
            }
        }
        return hosts;
    }
}
