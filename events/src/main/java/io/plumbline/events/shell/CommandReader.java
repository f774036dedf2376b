package io.plumbline.events.shell;

import io.plumbline.events.SteeringVariables;
import io.plumbline.events.shell.Invocation.Redirected;
import io.plumbline.events.shell.ShellNode.Assignment;
import io.plumbline.events.shell.ShellNode.Compound;
import io.plumbline.events.shell.ShellNode.Function;
import io.plumbline.events.shell.ShellNode.Item;
import io.plumbline.events.shell.ShellNode.Pipeline;
import io.plumbline.events.shell.ShellNode.Redirection;
import io.plumbline.events.shell.ShellNode.Sequence;
import io.plumbline.events.shell.ShellNode.Simple;
import io.plumbline.events.shell.Uninspectable.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Walks through a parsed text and notes what it starts. One use each. */
final class CommandReader {
    /** Texts in texts, {@code sh -c "sh -c …"}. */
    private static final int MAX_TEXTS = 8;

    /** Characters of all texts together: variables may put one text into another many times. */
    private static final int MAX_TOTAL = 4 * ShellParser.MAX_CHARACTERS;

    /** Invocations kept. */
    private static final int MAX_INVOCATIONS = 2_000;

    private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "fish");

    /** Interpreters, and after which option program text follows. */
    private static final Set<String> INTERPRETERS = Set.of(
            "python", "python2", "python3", "perl", "node", "nodejs", "deno", "bun", "ruby", "php", "lua", "osascript");

    private static final Set<String> CODE_OPTIONS =
            Set.of("-c", "-e", "-E", "-r", "--eval", "-p", "--print", "-pe", "-ne", "-le", "-lne", "-i.bak");

    private static final Set<String> DOWNLOADERS =
            Set.of("curl", "wget", "aria2c", "http", "https", "fetch", "nc", "ncat");

    private static final Set<String> DECODERS =
            Set.of("base64", "base32", "xxd", "openssl", "uudecode", "gunzip", "zcat", "xzcat", "bzcat", "rev", "tr");

    /** Names of what a process reads from. */
    private static final Pattern INPUTS = Pattern.compile("/dev/(?:stdin|fd/[0-9]+)|/proc/(?:self|[0-9]+)/fd/[0-9]+");

    private static final Set<String> DECLARING = Set.of("export", "local", "declare", "typeset", "readonly");

    private final List<Invocation> invocations = new ArrayList<>();
    private final List<Redirected> redirections = new ArrayList<>();
    private final List<Argument> scripts = new ArrayList<>();
    private final List<Uninspectable> uninspectable = new ArrayList<>();
    private final WordExpansion expansion = new WordExpansion(this::inside);
    private int texts;
    private int characters;

    ShellCommands read(String text) {
        text(text, List.of());
        if (expansion.exhausted()) {
            found(Reason.TOO_LARGE, 0, text);
        }
        return new ShellCommands(
                invocations,
                redirections,
                scripts,
                uninspectable.stream().distinct().limit(MAX_INVOCATIONS).toList());
    }

    private void text(String text, List<String> upstream) {
        characters += text.length();
        if (texts >= MAX_TEXTS || characters > MAX_TOTAL) {
            found(Reason.TOO_DEEP, 0, text);
            return;
        }
        texts++;
        ShellScript script = ShellParser.parse(text);
        uninspectable.addAll(script.uninspectable());
        walk(script.root(), upstream);
        texts--;
    }

    private void found(Reason reason, int at, String detail) {
        if (uninspectable.size() < MAX_INVOCATIONS) {
            uninspectable.add(new Uninspectable(reason, at, detail));
        }
    }

    /** The programs in a substitution; they count among those of the text. */
    private List<String> inside(ShellNode script) {
        int before = invocations.size();
        walk(script, List.of());
        return invocations.subList(before, invocations.size()).stream()
                .map(Invocation::name)
                .limit(WordExpansion.MAX_ALTERNATIVES)
                .toList();
    }

    private void walk(ShellNode node, List<String> upstream) {
        switch (node) {
            case Sequence sequence -> {
                for (Item item : sequence.items()) {
                    walk(item.node(), upstream);
                }
            }
            case Pipeline pipeline -> {
                List<String> before = new ArrayList<>(upstream);
                for (ShellNode stage : pipeline.stages()) {
                    int from = invocations.size();
                    walk(stage, List.copyOf(before));
                    invocations.subList(from, invocations.size()).stream()
                            .limit(WordExpansion.MAX_ALTERNATIVES)
                            .map(Invocation::name)
                            .forEach(before::add);
                }
            }
            case Compound compound -> {
                List<Argument> words = new ArrayList<>();
                compound.words().forEach(word -> words.addAll(expansion.fields(word)));
                compound.variable().ifPresent(name -> expansion.assign(name, words));
                compound.redirections().forEach(redirection -> redirections.add(redirected(redirection)));
                compound.parts().forEach(part -> walk(part, upstream));
            }
            // Calls of it count as calls of the program with its name: whether it is in force there is not followed.
            case Function function -> walk(function.body(), upstream);
            case Simple simple -> simple(simple, upstream);
        }
    }

    private Redirected redirected(Redirection redirection) {
        return new Redirected(redirection.operator(), expansion.whole(redirection.target()));
    }

    private void simple(Simple simple, List<String> upstream) {
        List<Argument> assignments = new ArrayList<>();
        for (Assignment assignment : simple.assignments()) {
            List<Argument> values =
                    assignment.values().stream().map(expansion::whole).toList();
            Argument value = values.isEmpty() ? Argument.of("") : values.getFirst();
            assignments.add(new Argument(
                    assignment.name() + "=" + value.text(), value.exact() && values.size() <= 1, value.producers()));
            if (simple.words().isEmpty()) {
                expansion.assign(assignment.name(), values);
                steering(assignment.name(), simple.at(), assignment.name() + "=" + value.text());
            }
        }
        List<Redirected> own =
                simple.redirections().stream().map(this::redirected).toList();
        redirections.addAll(own);
        if (simple.words().isEmpty()) {
            return;
        }
        List<List<Argument>> starts = expansion.starts(simple.words().getFirst());
        List<Argument> rest = new ArrayList<>();
        simple.words().subList(1, simple.words().size()).forEach(word -> rest.addAll(expansion.fields(word)));
        for (List<Argument> start : starts) {
            List<Argument> words = new ArrayList<>(start);
            words.addAll(rest);
            if (!words.isEmpty()) {
                invoke(new Words(simple.at(), words, List.of(), assignments, own, upstream));
            }
        }
    }

    /** A command's words while its wrappers are taken off. */
    private record Words(
            int at,
            List<Argument> words,
            List<String> wrappers,
            List<Argument> assignments,
            List<Redirected> redirections,
            List<String> upstream) {
        Argument program() {
            return words.getFirst();
        }

        String name() {
            String text = program().text();
            return text.substring(text.lastIndexOf('/') + 1);
        }

        List<Argument> arguments() {
            return words.subList(1, words.size());
        }

        /** What is left from an argument on, started through this one. */
        Words inner(List<Argument> inside) {
            List<String> more = new ArrayList<>(wrappers);
            more.add(name());
            return new Words(at, inside, more, assignments, redirections, upstream);
        }

        Words with(List<Argument> moreAssignments) {
            List<Argument> all = new ArrayList<>(assignments);
            all.addAll(moreAssignments);
            return new Words(at, words, wrappers, all, redirections, upstream);
        }

        Invocation invocation() {
            return new Invocation(
                    at,
                    program().exact() ? program().text() : "",
                    arguments(),
                    wrappers,
                    assignments,
                    redirections,
                    upstream);
        }
    }

    private void invoke(Words words) {
        if (invocations.size() >= MAX_INVOCATIONS || words.wrappers().size() > MAX_TEXTS) {
            found(Reason.TOO_LARGE, words.at(), words.program().text());
            return;
        }
        if (!words.program().exact()) {
            found(
                    producedBy(words.program().producers(), words.upstream(), Reason.COMPUTED_COMMAND),
                    words.at(),
                    words.program().text());
            invocations.add(words.invocation());
            return;
        }
        for (Argument assignment : words.assignments()) {
            steering(assignment.text().substring(0, assignment.text().indexOf('=')), words.at(), assignment.text());
        }
        String name = words.name();
        if (DECLARING.contains(name)) {
            declare(words);
        } else if (name.equals("read")
                || name.equals("mapfile")
                || name.equals("readarray")
                || name.equals("getopts")) {
            words.arguments().forEach(argument -> expansion.unknown(argument.text()));
        }
        if (Wrappers.isWrapper(name)) {
            wrapped(words);
        } else if (name.equals("find")) {
            invocations.add(words.invocation());
            executedByFind(words);
        } else if (SHELLS.contains(name)) {
            invocations.add(words.invocation());
            shell(words);
        } else if (name.equals("su")) {
            invocations.add(words.invocation());
            optionValue(words.arguments(), Set.of("-c", "--command")).ifPresent(code -> run(words, code));
        } else if (name.equals("eval")) {
            run(words, joined(words.arguments()));
        } else if (name.equals("trap") && words.arguments().size() > 1) {
            run(words, words.arguments().getFirst());
        } else if (name.equals("source") || name.equals(".")) {
            words.arguments().stream().limit(1).forEach(file -> script(words, file));
        } else if (isInterpreter(name)) {
            invocations.add(words.invocation());
            interpreter(words);
        } else {
            invocations.add(words.invocation());
        }
    }

    private void declare(Words words) {
        for (Argument argument : words.arguments()) {
            int equals = argument.text().indexOf('=');
            if (equals > 0) {
                String name = argument.text().substring(0, equals);
                expansion.assign(name, List.of(argument.value()));
                steering(name, words.at(), argument.text());
            }
        }
    }

    private void steering(String name, int at, String text) {
        if (SteeringVariables.loads(name)) {
            found(Reason.CHANGED_ENVIRONMENT, at, text);
        }
    }

    private void wrapped(Words words) {
        String name = words.name();
        Optional<Argument> split = name.equals("env") ? splitString(words.arguments()) : Optional.empty();
        if (split.isPresent()) {
            run(words, split.get());
            return;
        }
        Optional<Integer> start = Wrappers.command(name, words.arguments());
        if (start.isEmpty()) {
            invocations.add(words.invocation());
            return;
        }
        List<Argument> before = words.arguments().subList(0, start.get());
        List<Argument> inside = new ArrayList<>(
                words.arguments().subList(start.get(), words.arguments().size()));
        if (name.equals("flock")
                        && before.stream().anyMatch(option -> option.text().equals("-c"))
                || name.equals("watch") && inside.size() == 1) {
            run(words, inside.getFirst());
            return;
        }
        if (name.equals("xargs")) {
            // What it reads becomes arguments.
            inside.add(Argument.unknown(words.upstream()));
        }
        List<Argument> set = before.stream()
                .filter(argument -> argument.text().matches("(?s)[A-Za-z_][A-Za-z0-9_]*=.*"))
                .toList();
        invoke(words.with(set).inner(inside));
    }

    private void executedByFind(Words words) {
        List<Argument> arguments = words.arguments();
        for (int i = 0; i < arguments.size(); i++) {
            if (Set.of("-exec", "-execdir", "-ok", "-okdir")
                    .contains(arguments.get(i).text())) {
                List<Argument> inside = new ArrayList<>();
                int end = i + 1;
                while (end < arguments.size()
                        && !Set.of(";", "+").contains(arguments.get(end).text())) {
                    String text = arguments.get(end).text();
                    inside.add(
                            text.contains("{}")
                                    ? new Argument(text.replace("{}", Argument.UNKNOWN), false, List.of())
                                    : arguments.get(end));
                    end++;
                }
                i = end;
                if (!inside.isEmpty()) {
                    invoke(words.inner(inside));
                }
            }
        }
    }

    private void shell(Words words) {
        List<Argument> arguments = words.arguments();
        int at = 0;
        while (at < arguments.size()) {
            String text = arguments.get(at).text();
            if (text.equals("--") || text.equals("-")) {
                at++;
                break;
            }
            boolean option = (text.startsWith("-") || text.startsWith("+")) && text.length() > 1;
            if (!option) {
                break;
            }
            if (!text.startsWith("--") && text.startsWith("-") && text.contains("c")) {
                // Further options may stand between -c and the text.
                int code = at + 1;
                while (code < arguments.size() && arguments.get(code).text().startsWith("-")) {
                    code++;
                }
                if (code < arguments.size()) {
                    run(words, arguments.get(code));
                }
                return;
            }
            if (text.matches("-[a-zA-Z]*s[a-zA-Z]*")) {
                standardInput(words, true);
                return;
            }
            at += text.equals("-o")
                            || text.equals("-O")
                            || text.equals("+o")
                            || text.equals("--rcfile")
                            || text.equals("--init-file")
                    ? 2
                    : 1;
        }
        if (at < arguments.size()) {
            script(words, arguments.get(at));
        } else {
            standardInput(words, true);
        }
    }

    private static boolean isInterpreter(String name) {
        return INTERPRETERS.contains(name) || name.matches("(python|perl|ruby|php|lua)[0-9.]+");
    }

    private void interpreter(Words words) {
        List<Argument> arguments = words.arguments();
        for (Argument argument : arguments) {
            String text = argument.text();
            if (text.equals("-")) {
                standardInput(words, false);
                return;
            }
            if (CODE_OPTIONS.contains(text) || text.matches("-[a-zA-Z]*[ce]") && !text.startsWith("--")) {
                found(
                        producedBy(producers(arguments), List.of(), Reason.FOREIGN_CODE),
                        words.at(),
                        words.name() + " " + text);
                return;
            }
            if (text.equals("-m")) {
                // A module of the interpreter's own, or of the project.
                return;
            }
            if (!text.startsWith("-")) {
                script(words, argument);
                return;
            }
        }
        boolean asks = arguments.stream().anyMatch(option -> option.text().matches("-V|-v|--version|-h|--help"));
        if (!asks) {
            standardInput(words, false);
        }
    }

    /** A file, or the output of programs by the name of a file, is run. */
    private void script(Words words, Argument file) {
        if (INPUTS.matcher(file.text()).matches() && file.producers().isEmpty()) {
            standardInput(words, SHELLS.contains(words.name()));
        } else if (file.producers().isEmpty()) {
            scripts.add(file);
        } else {
            found(
                    producedBy(file.producers(), List.of(), Reason.PIPED_TEXT),
                    words.at(),
                    words.name() + " <(" + String.join(" | ", file.producers()) + ")");
        }
    }

    /** What comes in is run: a text, a file, or what the programs before it print. */
    private void standardInput(Words words, boolean shell) {
        for (Redirected redirection : words.redirections()) {
            if (redirection.operator().startsWith("<<")) {
                if (shell) {
                    run(words, redirection.target());
                } else {
                    found(Reason.FOREIGN_CODE, words.at(), words.name() + " " + redirection.operator());
                }
                return;
            }
            if (redirection.operator().equals("<")) {
                script(words, redirection.target());
                return;
            }
        }
        if (words.upstream().isEmpty()) {
            return;
        }
        Optional<Argument> printed = printedText(words.upstream());
        if (shell && printed.isPresent() && printed.get().exact()) {
            run(words, printed.get());
            return;
        }
        found(
                producedBy(words.upstream(), List.of(), Reason.PIPED_TEXT),
                words.at(),
                String.join(" | ", words.upstream()) + " | " + words.name());
    }

    /** What a lone {@code echo} in front prints. */
    private Optional<Argument> printedText(List<String> upstream) {
        if (!upstream.equals(List.of("echo")) || invocations.size() < 2) {
            return Optional.empty();
        }
        Invocation before = invocations.get(invocations.size() - 2);
        return before.name().equals("echo")
                ? Optional.of(joined(before.arguments().stream()
                        .filter(argument -> !argument.text().matches("-[neE]+"))
                        .toList()))
                : Optional.empty();
    }

    /** A text that a shell is given. */
    private void run(Words words, Argument code) {
        if (code.exact()) {
            text(code.text(), words.upstream());
        } else {
            found(
                    producedBy(code.producers(), List.of(), Reason.COMPUTED_TEXT),
                    words.at(),
                    words.name() + " " + code.text());
        }
    }

    private static Argument joined(List<Argument> arguments) {
        return new Argument(
                String.join(" ", arguments.stream().map(Argument::text).toList()),
                arguments.stream().allMatch(Argument::exact),
                producers(arguments));
    }

    private static List<String> producers(List<Argument> arguments) {
        return arguments.stream()
                .flatMap(argument -> argument.producers().stream())
                .limit(WordExpansion.MAX_ALTERNATIVES)
                .toList();
    }

    private static Reason producedBy(List<String> producers, List<String> upstream, Reason otherwise) {
        List<String> all = new ArrayList<>(producers);
        all.addAll(upstream);
        if (all.stream().anyMatch(DOWNLOADERS::contains)) {
            return Reason.DOWNLOADED_CODE;
        }
        return all.stream().anyMatch(DECODERS::contains) ? Reason.DECODED_CODE : otherwise;
    }

    /** The text that {@code env} splits into a command: {@code -S TEXT}, {@code -STEXT}, {@code -vS TEXT}, {@code --split-string=TEXT}. */
    private static Optional<Argument> splitString(List<Argument> arguments) {
        for (Argument argument : arguments) {
            String text = argument.text();
            int attached = text.startsWith("--split-string=")
                    ? "--split-string=".length()
                    : text.matches("(?s)-[a-zA-Z0]*S.+") ? text.indexOf('S') + 1 : 0;
            if (attached > 0) {
                return Optional.of(new Argument(text.substring(attached), argument.exact(), argument.producers()));
            }
        }
        return optionValue(arguments, Set.of("-S", "-iS", "-vS", "-0S", "--split-string"));
    }

    private static Optional<Argument> optionValue(List<Argument> arguments, Set<String> options) {
        for (int i = 0; i + 1 < arguments.size(); i++) {
            if (options.contains(arguments.get(i).text())) {
                return Optional.of(arguments.get(i + 1));
            }
        }
        return Optional.empty();
    }
}
