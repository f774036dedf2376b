package io.plumbline.events.policy;

import io.plumbline.events.v1.EgressCredential;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.GateRule;
import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.ScopeRule;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.yaml.YamlException;
import io.plumbline.events.yaml.YamlFields;
import io.plumbline.events.yaml.YamlValue;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads a task policy from YAML 1.2. Every key is known or an error; what is left out takes the default of
 * {@link PolicyDefaults}. The document is at most {@value #MAX_CHARACTERS} characters, a list at most {@value #MAX_ITEMS}
 * items.
 */
public final class PolicyParser {
    /** A policy is written by hand; more than this is a mistake or an attack. */
    public static final int MAX_CHARACTERS = 256 * 1024;

    /** Rules are matched one after another on every event. */
    public static final int MAX_ITEMS = YamlFields.MAX_ITEMS;

    /** What {@code may-widen} can name: the document's keys, those of {@code files} and {@code tools} one by one. */
    static final Set<String> SECTIONS = Set.of(
            "approval-deadline",
            "approvals",
            "decoys",
            "egress",
            "egress-unknown",
            "evidence",
            "files.deny",
            "files.protect",
            "files.read",
            "files.write",
            "gate",
            "gate-deadline",
            "honeytokens",
            "ladder",
            "limits",
            "metadata",
            "not-scored",
            "patience",
            "runtime",
            "scopes",
            "tools.ask",
            "tools.deny",
            "unannounced",
            "workspace");

    /** Of the document's form. One without is of the first. */
    private static final Set<String> VERSIONS = Set.of("1");

    private static final Set<String> NOT_SCORED = Set.of("allow", "ask", "ask-high-risk", "deny");
    private static final Set<String> UNKNOWN_DESTINATIONS = Set.of("deny", "ask");
    private static final Set<String> SCOPE_ANSWERS =
            Arrays.stream(Scope.Answer.values()).map(Scope.Answer::word).collect(Collectors.toUnmodifiableSet());

    private static final Set<String> GATE_ANSWERS = Set.of("log", "ask", "deny", "freeze");
    private static final String REPLACE = "replace";
    private static final Set<String> GRANTS = Set.of("add", REPLACE);
    private static final Set<String> UNANNOUNCED = Set.of("alert", "ask", "freeze");
    private static final Set<String> FOUR_EYES = Set.of("none", "medium", "high");

    private static final String EXPECTED = " (expected: ";

    private static final Pattern METHOD = Pattern.compile("[A-Z]{1,16}");
    private static final Pattern REQUEST_PATH = Pattern.compile("/[A-Za-z0-9._~!$&'()*+,=:@/-]{0,500}");
    private static final Pattern HEADER = Pattern.compile("[a-z][a-z0-9-]{0,63}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");
    private static final Set<String> HONEYTOKEN_FREEZERS = Set.of("local", "brain");
    private static final Set<String> METADATA_FREEZERS = Set.of("local", "brain", "off");
    private static final Set<String> DEGRADED = Set.of("allow", "deny");
    private static final Set<String> DECOY_KINDS = Set.of("ssh-key", "aws", "env", "kubeconfig", "token");
    private static final Set<String> WORKSPACE_MODES = Set.of("read-only", "read-write", "review");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern BYTES = Pattern.compile("(\\d{1,12})(B|KiB|MiB|GiB)");
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern LINE = Pattern.compile("[^\\p{Cntrl}]{1,300}");
    private static final Pattern SERVICE = Pattern.compile("[a-z][a-z0-9-]{0,15}");
    private static final Pattern HOST = Pattern.compile("(\\*\\.)?[a-z0-9]([a-z0-9.:-]{0,251}[a-z0-9])?");

    private PolicyParser() {}

    /**
     * Parses one policy document.
     *
     * @throws PolicyException when it is not YAML, has an unknown key, or a value outside what its key takes
     */
    public static TaskPolicy parse(String yaml) throws PolicyException {
        return parse(yaml, PolicyDefaults.policy(), SECTIONS);
    }

    /**
     * Parses a document that stands below another policy. What it leaves out is as above it. Its restrictions come on top of those above.
     * Its grants ({@code files.read}, {@code files.write}, {@code egress}) come on top where {@code mayWiden} has their key, and take the
     * place of those above where it has not, and wherever it says {@code grants: replace}. Whether they are wider is not checked here:
     * see {@link PolicyLevels}.
     */
    static TaskPolicy parse(String yaml, TaskPolicy above, Set<String> mayWiden) throws PolicyException {
        try {
            return read(YamlFields.document("policy", yaml, MAX_CHARACTERS, "files and egress"), above, mayWiden);
        } catch (YamlException e) {
            throw new PolicyException(e.line());
        }
    }

    private static TaskPolicy read(YamlFields root, TaskPolicy above, Set<String> keysToWiden) {
        TaskPolicy.Builder policy = above.toBuilder().clearMayWiden();
        boolean replaces = root.text("grants")
                .map(value -> value.oneOf(GRANTS).equals(REPLACE))
                .orElse(false);
        Set<String> mayWiden = replaces ? Set.of() : keysToWiden;
        if (replaces) {
            clear(policy, "read");
            clear(policy, "write");
            policy.clearEgress();
        }
        root.text("version").ifPresent(value -> value.oneOf(VERSIONS));
        root.text("name").ifPresent(value -> policy.setName(value.matching(NAME, "a name such as maintenance-1")));
        root.mapping("files").ifPresent(files -> readFiles(files, policy, mayWiden));
        if (root.has("egress") && !mayWiden.contains("egress")) {
            policy.clearEgress();
        }
        root.items("egress").forEach(item -> policy.addEgress(readEgress(item.fields("egress"))));
        root.text("egress-unknown").ifPresent(value -> policy.setEgressUnknown(value.oneOf(UNKNOWN_DESTINATIONS)));
        root.text("not-scored").ifPresent(value -> policy.setNotScored(value.oneOf(NOT_SCORED)));
        root.mapping("tools").ifPresent(tools -> {
            // What is said above this level, and said again, is said once.
            tools.items("ask").stream()
                    .map(YamlValue::value)
                    .filter(tool -> !policy.getToolsAskList().contains(tool))
                    .forEach(policy::addToolsAsk);
            tools.items("deny").stream()
                    .map(YamlValue::value)
                    .filter(tool -> !policy.getToolsDenyList().contains(tool))
                    .forEach(policy::addToolsDeny);
            tools.close();
        });
        root.mapping("scopes").ifPresent(scopes -> readScopes(scopes, policy));
        root.items("gate").forEach(item -> readGate(item, policy));
        root.mapping("approvals").ifPresent(approvals -> {
            approvals.text("four-eyes").ifPresent(value -> policy.setFourEyes(value.oneOf(FOUR_EYES)));
            approvals
                    .text("session")
                    .ifPresent(value ->
                            policy.setSessionApprovalSeconds(value.text().equals("none") ? 0 : seconds(value)));
            approvals.close();
        });
        root.mapping("ladder").ifPresent(ladder -> readLadder(ladder, policy));
        root.text("unannounced").ifPresent(value -> policy.setUnannounced(value.oneOf(UNANNOUNCED)));
        root.mapping("limits").ifPresent(limits -> readLimits(limits, policy));
        root.text("workspace").ifPresent(mode -> policy.setWorkspaceMode(mode.oneOf(WORKSPACE_MODES)));
        root.text("patience").ifPresent(value -> policy.setPatienceSeconds(seconds(value)));
        root.text("gate-deadline")
                .ifPresent(
                        value -> policy.setGateDeadlineMs((int) duration(value).toMillis()));
        root.text("approval-deadline").ifPresent(value -> policy.setApprovalDeadlineSeconds(seconds(value)));
        root.items("decoys").forEach(item -> readDecoy(item, policy));
        root.mapping("honeytokens").ifPresent(honeytokens -> {
            honeytokens.text("freeze").ifPresent(value -> policy.setHoneytokenFreeze(value.oneOf(HONEYTOKEN_FREEZERS)));
            honeytokens.close();
        });
        root.mapping("metadata").ifPresent(metadata -> {
            metadata.text("freeze").ifPresent(value -> policy.setMetadataFreeze(value.oneOf(METADATA_FREEZERS)));
            metadata.close();
        });
        root.mapping("evidence").ifPresent(evidence -> {
            evidence.text("checkpoint").ifPresent(value -> policy.setCheckpointBytes(bytes(value)));
            evidence.close();
        });
        root.mapping("runtime").ifPresent(runtime -> {
            runtime.text("degraded").ifPresent(value -> policy.setDegraded(value.oneOf(DEGRADED)));
            runtime.close();
        });
        root.items("may-widen").forEach(item -> policy.addMayWiden(item.oneOf(SECTIONS)));
        root.close();
        return policy.build();
    }

    private static void readFiles(YamlFields files, TaskPolicy.Builder policy, Set<String> mayWiden) {
        for (String access : List.of("deny", "protect", "read", "write")) {
            boolean grant = access.equals("read") || access.equals("write");
            if (grant && files.has(access) && !mayWiden.contains("files." + access)) {
                clear(policy, access);
            }
            Set<PathRule> above = Set.copyOf(policy.getFilesList());
            for (YamlValue item : files.items(access)) {
                PathRule rule = PathRule.newBuilder()
                        .setAccess(access)
                        .setGlob(glob(item))
                        .build();
                if (!above.contains(rule)) {
                    policy.addFiles(rule);
                }
            }
        }
        files.close();
    }

    private static void clear(TaskPolicy.Builder policy, String access) {
        List<PathRule> others = policy.getFilesList().stream()
                .filter(rule -> !rule.getAccess().equals(access))
                .toList();
        policy.clearFiles().addAllFiles(others);
    }

    /** A path alone, or a mapping of path and kind. */
    private static void readDecoy(YamlValue item, TaskPolicy.Builder policy) {
        String path;
        String kind = "";
        if (item.isSingle()) {
            path = absoluteOrHome(item);
        } else {
            YamlFields decoy = item.fields("decoys");
            path = absoluteOrHome(decoy.required("path"));
            kind = decoy.text("kind").map(word -> word.oneOf(DECOY_KINDS)).orElse("");
            decoy.close();
        }
        if (!policy.getDecoysList().contains(path)) {
            policy.addDecoys(path).addDecoyKinds(kind);
        }
    }

    private static EgressRule readEgress(YamlFields fields) {
        EgressRule.Builder rule = EgressRule.newBuilder();
        YamlValue host = fields.required("host");
        rule.setHost(host.mapped(value -> value.toLowerCase(Locale.ROOT))
                .matching(HOST, "a host name such as api.example.com or *.example.com"));
        rule.setPort(fields.text("port")
                .map(port -> port.number(1, 65_535))
                .orElse(443L)
                .intValue());
        fields.text("service").ifPresent(name -> rule.setService(name.matching(SERVICE, "a short name such as model")));
        fields.text("allow-private").ifPresent(value -> rule.setAllowPrivate(value.bool()));
        fields.items("methods")
                .forEach(item -> rule.addMethods(item.matching(METHOD, "a method in upper case such as GET")));
        fields.items("paths")
                .forEach(item -> rule.addPaths(item.matching(REQUEST_PATH, "a glob over paths such as /api/**")));
        fields.text("terminate").ifPresent(value -> rule.setTerminate(value.bool()));
        fields.text("plain").ifPresent(value -> rule.setPlain(value.bool()));
        fields.text("max-out").ifPresent(value -> rule.setMaxOutBytes(bytes(value)));
        fields.mapping("credential").ifPresent(credential -> rule.setCredential(readCredential(credential)));
        fields.close();
        if (!rule.getService().isEmpty()
                && (rule.getTerminate() || rule.getPlain() || rule.getMethodsCount() + rule.getPathsCount() > 0)) {
            throw new YamlException("policy: egress " + rule.getHost()
                    + " with service and terminate, plain, methods or paths (expected: a service is a raw tunnel)");
        }
        if (rule.getTerminate() && rule.getPlain()) {
            throw new YamlException(
                    "policy: egress " + rule.getHost() + " with terminate and plain (expected: one of them)");
        }
        if (rule.hasCredential() && (!rule.getTerminate() || rule.getHost().startsWith("*."))) {
            throw new YamlException("policy: egress " + rule.getHost()
                    + " with credential (expected: an exact host, and terminate: true)");
        }
        return rule.build();
    }

    private static EgressCredential readCredential(YamlFields fields) {
        EgressCredential credential = EgressCredential.newBuilder()
                .setName(fields.required("name").matching(NAME, "the name of a file such as anthropic"))
                .setHeader(fields.text("header")
                        .map(header -> header.mapped(value -> value.toLowerCase(Locale.ROOT))
                                .matching(HEADER, "a header such as x-api-key"))
                        .orElse("authorization"))
                .setEnv(fields.required("env").matching(VARIABLE, "a variable such as ANTHROPIC_API_KEY"))
                .build();
        fields.close();
        return credential;
    }

    private static void readScopes(YamlFields scopes, TaskPolicy.Builder policy) {
        for (Scope scope : Scope.values()) {
            scopes.text(scope.word()).ifPresent(answer -> {
                // What is said above this level.
                List<ScopeRule> others = policy.getScopesList().stream()
                        .filter(rule -> !rule.getScope().equals(scope.word()))
                        .toList();
                policy.clearScopes()
                        .addAllScopes(others)
                        .addScopes(
                                ScopeRule.newBuilder().setScope(scope.word()).setAnswer(answer.oneOf(SCOPE_ANSWERS)));
            });
        }
        scopes.close();
    }

    private static void readGate(YamlValue item, TaskPolicy.Builder policy) {
        YamlFields fields = item.fields("gate");
        YamlValue name = fields.required("name");
        GateRule rule = GateRule.newBuilder()
                .setName(name.matching(NAME, "a name such as containers"))
                .setWhen(fields.required("when").value())
                .setAnswer(fields.required("answer").oneOf(GATE_ANSWERS))
                .setWhy(fields.required("why").matching(LINE, "one line of at most 300 characters"))
                .build();
        fields.close();
        if (policy.getGateList().contains(rule)) {
            return;
        }
        if (policy.getGateList().stream().anyMatch(other -> other.getName().equals(rule.getName()))) {
            throw name.rejected("a name that no other rule of gate has, on a level above neither");
        }
        policy.addGate(rule);
        try {
            GateRules.of(policy.getGateList());
        } catch (PolicyException e) {
            // Says what was expected as well; only the place is missing.
            String message = String.valueOf(e.getMessage());
            int expected = message.lastIndexOf(EXPECTED);
            throw item.rejected(
                    message.substring(0, expected).replaceFirst("^policy: ", ""),
                    message.substring(expected + EXPECTED.length(), message.length() - 1));
        }
    }

    private static void readLadder(YamlFields ladder, TaskPolicy.Builder policy) {
        ladder.text("alert").ifPresent(value -> policy.setAlertAt((int) value.number(0, 100)));
        ladder.text("ask").ifPresent(value -> policy.setAskAt((int) value.number(0, 100)));
        ladder.text("freeze").ifPresent(value -> policy.setFreezeAt((int) value.number(1, 100)));
        ladder.text("kill").ifPresent(value -> policy.setKillAt((int) value.number(0, 100)));
        ladder.close();
        boolean killsEarly = policy.getKillAt() > 0 && policy.getFreezeAt() > policy.getKillAt();
        if (policy.getAlertAt() > policy.getAskAt() || policy.getAskAt() > policy.getFreezeAt() || killsEarly) {
            throw new YamlException("policy: ladder alert " + policy.getAlertAt() + ", ask " + policy.getAskAt()
                    + ", freeze " + policy.getFreezeAt()
                    + (policy.getKillAt() == 0 ? "" : ", kill " + policy.getKillAt())
                    + " (expected: alert <= ask <= freeze <= kill, or kill 0 for never)");
        }
    }

    private static void readLimits(YamlFields limits, TaskPolicy.Builder policy) {
        limits.text("wall-clock").ifPresent(value -> policy.setWallClockSeconds(seconds(value)));
        limits.text("memory").ifPresent(value -> policy.setMemoryBytes(bytes(value)));
        limits.text("processes").ifPresent(value -> policy.setProcesses((int) value.number(1, 100_000)));
        limits.text("egress").ifPresent(value -> policy.setEgressBytes(bytes(value)));
        limits.text("ingress").ifPresent(value -> policy.setIngressBytes(bytes(value)));
        limits.text("egress-rate").ifPresent(value -> policy.setEgressRateBytes(bytes(value)));
        limits.text("ingress-rate").ifPresent(value -> policy.setIngressRateBytes(bytes(value)));
        limits.text("upload-hold").ifPresent(value -> policy.setUploadHoldBytes(bytes(value)));
        limits.text("cpu").ifPresent(value -> policy.setCpuMillis(cpuMillis(value)));
        limits.text("disk").ifPresent(value -> policy.setDiskBytes(bytes(value)));
        limits.close();
    }

    private static int cpuMillis(YamlValue value) {
        if (!value.value().matches("\\d{1,3}(\\.\\d{1,3})?")) {
            throw value.rejected("a number of processors such as 2 or 1.5");
        }
        int millis = new java.math.BigDecimal(value.value()).movePointRight(3).intValueExact();
        if (millis < 50) {
            throw value.rejected("a number of processors from 0.05 on");
        }
        return millis;
    }

    private static int seconds(YamlValue value) {
        Duration duration = duration(value);
        if (duration.compareTo(Duration.ofSeconds(1)) < 0 || duration.compareTo(Duration.ofDays(7)) > 0) {
            throw value.rejected("a duration from 1s to 168h");
        }
        return (int) duration.toSeconds();
    }

    private static Duration duration(YamlValue value) {
        Matcher matcher = DURATION.matcher(value.value());
        if (!matcher.matches()) {
            throw value.rejected("a duration such as 500ms, 30s, 10m or 2h");
        }
        long amount = Long.parseLong(matcher.group(1));
        Duration duration =
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    default -> Duration.ofHours(amount);
                };
        if (duration.compareTo(Duration.ofDays(7)) > 0) {
            throw value.rejected("a duration of at most 168h");
        }
        return duration;
    }

    private static long bytes(YamlValue value) {
        Matcher matcher = BYTES.matcher(value.value());
        if (!matcher.matches()) {
            throw value.rejected("a size such as 512MiB or 2GiB");
        }
        int shift =
                switch (matcher.group(2)) {
                    case "B" -> 0;
                    case "KiB" -> 10;
                    case "MiB" -> 20;
                    default -> 30;
                };
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
    }

    private static String glob(YamlValue item) {
        String glob = item.value();
        boolean rooted = glob.startsWith("/") || glob.equals("~") || glob.startsWith("~/");
        if (!rooted && !glob.startsWith("${workspace}")) {
            throw item.rejected("a glob that starts with /, ~/ or ${workspace}");
        }
        return glob;
    }

    private static String absoluteOrHome(YamlValue item) {
        String path = item.value();
        boolean rooted = path.startsWith("/") || path.startsWith("~/");
        if (!rooted || path.contains("*") || path.contains("/../") || path.endsWith("/..")) {
            throw item.rejected("a path that starts with / or ~/, without wildcards and ..");
        }
        return path;
    }
}
