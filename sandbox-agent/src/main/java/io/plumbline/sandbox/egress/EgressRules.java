package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The policy's rules for connections. What no rule names is denied. */
final class EgressRules {
    private static final Pattern SERVICE = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    private final List<EgressRule> ordinary;
    private final List<EgressRule> services;
    private final boolean asks;

    private EgressRules(List<EgressRule> ordinary, List<EgressRule> services, boolean asks) {
        this.asks = asks;
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
            boolean credentialInTheOpen = rule.hasCredential() && (!rule.getTerminate() || wildcard);
            if (credentialInTheOpen
                    || (rule.getTerminate() && !rule.getService().isEmpty())) {
                throw new EgressException(
                        "egress: " + host + " (expected: a credential for one host with terminate, and no service)",
                        null);
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
        return new EgressRules(ordinary, services, policy.getEgressUnknown().equals("ask"));
    }

    /**
     * The rules that name an ordinary destination, the first one first. When there is none and the policy says that a person
     * is asked: a rule for this destination alone, which allows nothing but to ask.
     */
    Scope scope(Destination destination) {
        List<EgressRule> named =
                ordinary.stream().filter(rule -> matches(rule, destination)).toList();
        if (named.isEmpty() && asks) {
            return new Scope(
                    List.of(EgressRule.newBuilder()
                            .setHost(destination.host())
                            .setPort(destination.port())
                            .build()),
                    true);
        }
        return new Scope(named, false);
    }

    /**
     * As {@link #scope} for a connection that is open.
     *
     * @param asked a person has allowed it, which no rule did
     * @throws Denial when a person would have to be asked now who was not
     */
    Scope scopeAgain(Destination destination, boolean asked) throws Denial {
        Scope scope = scope(destination);
        if (scope.unknown() && !asked) {
            throw new Denial(EgressReason.NOT_IN_POLICY);
        }
        return scope;
    }

    /**
     * What the policy says about one destination.
     *
     * @param rules empty: nothing, so it is denied
     * @param unknown a person has to be asked
     */
    record Scope(List<EgressRule> rules, boolean unknown) {
        Scope {
            rules = List.copyOf(rules);
        }

        /** Whether tunnels to it are terminated: the first rule says so. */
        boolean terminates() {
            return !rules.isEmpty() && rules.getFirst().getTerminate();
        }

        /** The rule for a tunnel that nobody can look into. */
        EgressRule tunnel() throws Denial {
            if (rules.isEmpty()) {
                throw new Denial(EgressReason.NOT_IN_POLICY);
            }
            return rules.stream()
                    .filter(rule -> !rule.getTerminate() && rule.getMethodsCount() == 0 && rule.getPathsCount() == 0)
                    .findFirst()
                    .orElseThrow(() -> new Denial(EgressReason.TUNNEL_NOT_ALLOWED));
        }

        /** @param tls the request came through a terminated tunnel; only rules that terminate speak of it */
        EgressRule request(RequestHead head, boolean tls) throws Denial {
            EgressReason reason = EgressReason.NOT_IN_POLICY;
            for (EgressRule rule : rules) {
                if (rule.getTerminate() != tls) {
                    continue;
                }
                if (rule.getMethodsCount() > 0 && !rule.getMethodsList().contains(head.method())) {
                    reason = EgressReason.METHOD_NOT_ALLOWED;
                } else if (!RequestPaths.allow(rule.getPathsList(), head.path())) {
                    reason = EgressReason.PATH_NOT_ALLOWED;
                } else {
                    return rule;
                }
            }
            throw new Denial(reason);
        }
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
