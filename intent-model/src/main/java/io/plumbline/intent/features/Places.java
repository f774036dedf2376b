package io.plumbline.intent.features;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Folders and hosts that an act names. */
final class Places {
    private static final Pattern PATH = Pattern.compile("(?:^|[\\s='\"<>(@:])((?:~|/(?!/))[A-Za-z0-9_.~/+-]{1,200})");
    private static final String ADDRESS = "[0-9]{1,3}(?:\\.[0-9]{1,3}){3}";
    private static final String NAME = "(?:[a-z0-9-]{1,40}\\.){1,4}[a-z]{2,20}";
    private static final String AFTER = "(?=[:/\\s'\"`),]|$)";

    /** Where a name can only be a host, and last where it could be a file as well. */
    private static final List<Pattern> HOSTS = List.of(
            Pattern.compile("[a-z0-9]://(?:[^/@\\s]{1,100}@)?(" + NAME + "|" + ADDRESS + ")"),
            Pattern.compile("[a-z0-9_}-]@(" + NAME + "|" + ADDRESS + ")" + AFTER),
            Pattern.compile("/dev/(?:tcp|udp)/(" + NAME + "|" + ADDRESS + ")"),
            Pattern.compile("\\b(?:tcp|udp|ssl|openssl|connect)[: ](" + NAME + "|" + ADDRESS + ")"),
            Pattern.compile("\\b(?:scp|rsync)\\b[^|;&\\n]{0,200}?\\s(" + NAME + "|" + ADDRESS + "):"),
            // What such a program is given first is a host, even when it ends like a script.
            Pattern.compile(
                    "(?:^|[\\s;&|(`/])(?:nc|ncat|telnet|ping|dig|nslookup|curl|wget)(?:\\s{1,9}-[sflkivnq]{1,8}){0,4}\\s{1,9}("
                            + NAME + ")" + AFTER),
            Pattern.compile(
                    "\\b(?:nc|ncat|telnet|ssh|ftp|sftp|bore|dig|nslookup|ping|curl|wget)\\b[^|;&\\n]{0,100}?[\\s.]("
                            + NAME + "|" + ADDRESS + ")" + AFTER),
            Pattern.compile(
                    "(?:[\\s'\"=(,]|^)((?:[a-z0-9-]{1,40}\\.){1,4}(?:com|net|org|io|site|cc|internal|xyz|ru|cn|st)|"
                            + ADDRESS + ")" + AFTER));

    /** Patterns of {@link #HOSTS} that find nothing but hosts. */
    private static final int CERTAIN = 6;

    private static final Pattern FILE =
            Pattern.compile(".*\\.(sh|py|js|ts|rb|pl|go|md|txt|json|yaml|yml|toml|xml|html|css|log|csv"
                    + "|gz|tgz|zip|tar|sql|conf|cfg|ini|java|c|h|cpp|bak|key|pub|pem|bz2|iso|deb|rpm|jar)");
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

    /**
     * Whether the act names a host that neither the scope nor the task names, or more hosts than are looked at; this machine is no host.
     */
    static boolean foreignHost(Reading act, Side task, Intent.Scope scope) {
        List<String> hosts = act.hosts();
        if (hosts.size() >= MAX_PLACES) {
            return true;
        }
        for (String host : hosts) {
            boolean own = host.equals("127.0.0.1") || host.equals("0.0.0.0");
            if (!own && !scope.allows(host) && !task.text().contains(host)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the act names hosts, and none but those that the scope allows. */
    static boolean onlyPermittedHosts(Reading act, Intent.Scope scope) {
        List<String> hosts = act.hosts();
        return !hosts.isEmpty() && hosts.size() < MAX_PLACES && hosts.stream().allMatch(scope::allows);
    }

    /** Each host once, at most {@value #MAX_PLACES}. */
    static List<String> hosts(String text) {
        Set<String> hosts = new LinkedHashSet<>();
        String lower = text.toLowerCase(Locale.ROOT);
        for (int i = 0; i < HOSTS.size(); i++) {
            Matcher matcher = HOSTS.get(i).matcher(lower);
            while (matcher.find() && hosts.size() < MAX_PLACES) {
                String host = matcher.group(1);
                if (i < CERTAIN || !FILE.matcher(host).matches()) {
                    hosts.add(host);
                }
            }
        }
        return List.copyOf(hosts);
    }
}
