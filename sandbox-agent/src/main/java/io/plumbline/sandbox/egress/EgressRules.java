package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The policy's rules for connections. What no rule names is denied. */
final class EgressRules {
    private static final Pattern SERVICE = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    private final List<EgressRule> ordinary;
    private final List<EgressRule> services;

    private EgressRules(List<EgressRule> ordinary, List<EgressRule> services) {
        this.ordinary = List.copyOf(ordinary);
        this.services = List.copyOf(services);
    }

    /** @throws EgressException for a rule that could mean something else than it says */
    static EgressRules of(TaskPolicy policy) throws EgressException {
        List<EgressRule> ordinary = new ArrayList<>();
        List<EgressRule> services = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (EgressRule rule : policy.getEgressList()) {
            String host = rule.getHost().toLowerCase(Locale.ROOT);
            boolean wildcard = host.startsWith("*.");
            String name = wildcard ? host.substring(2) : host;
            boolean ipv6 = !wildcard && name.indexOf(':') >= 0;
            if (!(ipv6 || Destination.isName(name))) {
                throw new EgressException(
                        "egress.host: " + rule.getHost() + " (expected: a host name, or *. and a suffix)", null);
            }
            if (rule.getPort() < 1 || rule.getPort() > 65_535) {
                throw new EgressException(
                        "egress.port: " + rule.getPort() + " for " + host + " (expected: 1 to 65535)", null);
            }
            EgressRule plain = rule.toBuilder().setHost(host).build();
            if (rule.getService().isEmpty()) {
                ordinary.add(plain);
                continue;
            }
            if (wildcard || !SERVICE.matcher(rule.getService()).matches() || !names.add(rule.getService())) {
                throw new EgressException(
                        "egress.service: " + rule.getService() + " for " + host
                                + " (expected: a name of [a-z0-9-] used once, for one host)",
                        null);
            }
            services.add(plain);
        }
        return new EgressRules(ordinary, services);
    }

    /** The rule that allows an ordinary destination. */
    Optional<EgressRule> allowing(Destination destination) {
        return ordinary.stream().filter(rule -> matches(rule, destination)).findFirst();
    }

    /** Rules with a socket of their own. */
    List<EgressRule> services() {
        return services;
    }

    private static boolean matches(EgressRule rule, Destination destination) {
        if (rule.getPort() != destination.port()) {
            return false;
        }
        String host = rule.getHost();
        return host.startsWith("*.")
                ? !destination.isAddress() && destination.host().endsWith(host.substring(1))
                : host.equals(destination.host());
    }
}
