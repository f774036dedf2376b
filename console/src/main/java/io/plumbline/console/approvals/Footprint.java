package io.plumbline.console.approvals;

import io.plumbline.events.shell.Argument;
import io.plumbline.events.shell.Invocation;
import io.plumbline.events.shell.ShellCommands;
import io.plumbline.events.shell.Uninspectable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the text of an approval would start, touch and reach, as far as reading it tells; each list at most {@link #MAX} long.
 *
 * @param unknown what cannot be told before it runs, one sentence each; empty: the text says all
 */
public record Footprint(List<String> programs, List<String> files, List<String> hosts, List<String> unknown) {
    static final int MAX = 12;

    private static final Pattern URL = Pattern.compile("[a-z][a-z0-9+.-]*://(?:[^/@\\s]*@)?([^/:\\s?#]+(?::[0-9]+)?)");
    private static final Pattern SCP = Pattern.compile("(?:[A-Za-z0-9._-]+@)([A-Za-z0-9.-]+):.*");

    private static final Pattern REFERENCE = Pattern.compile("\\+?[A-Za-z0-9_.^~{}/-]+:(?!//)[^:@]*");

    private static final Set<String> REACHES_OUT = Set.of("push", "fetch", "pull", "clone", "ls-remote");

    /** Of a shell command. */
    static Footprint of(String command) {
        ShellCommands commands = ShellCommands.of(command);
        Set<String> programs = new LinkedHashSet<>();
        Set<String> files = new LinkedHashSet<>();
        Set<String> hosts = new LinkedHashSet<>();
        Set<String> unknown = new LinkedHashSet<>();
        commands.uninspectable().forEach(part -> unknown.add(sentence(part)));
        for (Invocation invocation : commands.invocations()) {
            programs.add(invocation.name().isEmpty() ? "(computed)" : invocation.name());
            if (!invocation.isExact()) {
                unknown.add("arguments of " + invocation.name() + " are made when it runs");
            }
            boolean git = invocation.name().equals("git");
            int before = hosts.size();
            invocation.arguments().stream()
                    // "HEAD:release/2.4" is a branch elsewhere, "v1:docs/a" a file of a commit.
                    .filter(argument ->
                            !git || !REFERENCE.matcher(argument.text()).matches())
                    .forEach(argument -> place(argument, files, hosts));
            if (git
                    && hosts.size() == before
                    && invocation.arguments().stream().map(Argument::text).anyMatch(REACHES_OUT::contains)) {
                unknown.add("the host that git reaches stands in the repository's configuration");
            }
        }
        commands.scripts().forEach(script -> files.add("runs " + script.text()));
        commands.redirections()
                .forEach(file -> files.add(
                        (file.writes() ? "writes " : "reads ") + file.target().text()));
        return new Footprint(
                bounded(programs.stream()),
                bounded(files.stream()),
                bounded(hosts.stream()),
                bounded(unknown.stream()));
    }

    private static String sentence(Uninspectable part) {
        return part.reason().sentence() + (part.detail().isEmpty() ? "" : ": " + part.detail());
    }

    private static void place(Argument argument, Set<String> files, Set<String> hosts) {
        String text = argument.text();
        Matcher url = URL.matcher(text);
        Matcher scp = SCP.matcher(text);
        if (url.find()) {
            hosts.add(url.group(1));
        } else if (scp.matches()) {
            hosts.add(scp.group(1));
        } else if (!text.startsWith("-") && (text.contains("/") || text.startsWith("~") || text.startsWith("."))) {
            files.add(text);
        }
    }

    private static List<String> bounded(Stream<String> texts) {
        return texts.limit(MAX).toList();
    }
}
