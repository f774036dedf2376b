package io.plumbline.watcher.footprint;

import io.plumbline.events.policy.Scope;
import io.plumbline.events.shell.Argument;
import io.plumbline.events.shell.Invocation;
import io.plumbline.events.shell.Invocation.Redirected;
import io.plumbline.events.shell.ShellCommands;
import io.plumbline.events.shell.Uninspectable;
import io.plumbline.events.shell.Uninspectable.Reason;
import io.plumbline.watcher.footprint.Footprint.Mention;
import io.plumbline.watcher.footprint.Footprint.NamedFile;
import io.plumbline.watcher.footprint.Tool.Operands;
import io.plumbline.watcher.footprint.Tool.OptionValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Works out what a call can honestly need, from its command and its arguments. A pure function of them. */
public final class Footprints {
    /** Files, hosts and mentions kept of one call. */
    private static final int MAX_NAMED = 500;

    /** Folders that relative names may be in: one for each {@code cd}. */
    private static final int MAX_BASES = 8;

    /** Tools by which agents change files themselves, by the names that their hooks give. */
    public static final Set<String> EDITING_TOOLS = Set.of(
            "Edit", "MultiEdit", "Write", "NotebookEdit", "apply_patch", "edit", "write", "write_file", "replace");

    /** Codex's tool that types into a program that runs already. */
    public static final String TYPING_TOOL = "write_stdin";

    /** Variables kept of one call, and characters of each. */
    private static final int MAX_VARIABLES = 50;

    private static final int MAX_VARIABLE = 300;

    /**
     * Variables that decide which code programs load, whom they trust, or where they connect. Those that developers set every day,
     * such as {@code PATH}, are not among them: what they lead to is seen.
     */
    private static final Pattern STEERING = Pattern.compile(
            "LD_PRELOAD|LD_AUDIT|BASH_ENV|PROMPT_COMMAND"
                    + "|GIT_(?:SSH|EXTERNAL_DIFF|PROXY_COMMAND|EXEC_PATH|CONFIG|SSL_NO_VERIFY)\\w*"
                    + "|(?i:\\w*_PROXY)|SSL_CERT_(?:FILE|DIR)|(?:CURL|REQUESTS)_CA_BUNDLE|NODE_EXTRA_CA_CERTS"
                    + "|NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|(?i:NPM_CONFIG_REGISTRY)|PIP_(?:EXTRA_)?INDEX_URL"
                    + "|(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE)_\\w*(?:URL|BASE|ENDPOINT|HEADERS)\\w*|CLAUDE_CODE_\\w+|CLAUDE_CONFIG_DIR|CODEX_HOME");

    /** Those that are harmless but for some values. */
    private static final Pattern STEERING_BY_VALUE = Pattern.compile(
            "(?s)NODE_OPTIONS=.*(?:require|import|loader|-r ).*|ENV=.*/.*|PATH=(?:/tmp|/var/tmp|/dev/shm)/.*");

    private static final Set<String> EXPORTING = Set.of("export", "declare", "typeset", "readonly");

    /** Wrappers that give other rights to what they wrap. */
    private static final Set<String> PRIVILEGED = Set.of("sudo", "doas", "chroot", "unshare", "setpriv");

    private static final Set<String> STARTED_BY_SHELLS = Set.of("sh", "bash", "dash", "zsh", "ksh");

    /** Tools whose addresses are where they go; others have them in their texts. */
    private static final Pattern FETCHING = Pattern.compile("(?i)fetch|navigate|browse|download|http");

    /** Begins the name of a tool of a Model Context Protocol server: what the server does with the arguments nobody here knows. */
    private static final String SERVERS_TOOL = "mcp_";

    private static final Pattern URL = Pattern.compile(
            "(?i)\\b[a-z][a-z0-9+.-]{1,15}://(?:[^/@\\s\"']{0,256}@)?(\\[[0-9a-f:.]+]|[^/:?#\\s\"'\\\\]{1,253})");
    private static final Pattern REMOTE =
            Pattern.compile("(?:[A-Za-z0-9._-]{1,64}@)?([A-Za-z0-9][A-Za-z0-9.-]{1,252}):(?!//|[0-9]+$).{0,4096}");
    private static final Pattern BARE_HOST =
            Pattern.compile("([A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::[0-9]{1,5})?(?:[/?].*)?");

    /** An address in one number. */
    private static final Pattern NUMBER = Pattern.compile("[0-9]{8,10}|0[xX][0-9a-fA-F]{7,8}");

    /** A connection that bash makes itself. */
    private static final Pattern DEVICE = Pattern.compile("/dev/(?:tcp|udp)/([^/]{1,253})/.*");

    /** What is more likely a file than a host. */
    private static final Pattern FILE_NAME =
            Pattern.compile(".*\\.(?:txt|json|log|html?|xml|ya?ml|sh|out|tmp|crt|pem|key|gz|tgz|zip|csv|md)");

    private static final Pattern PATCHED =
            Pattern.compile("(?m)^\\*\\*\\* (?:Add File|Update File|Delete File|Move to): (.{1,4096})$");

    private final String home;
    private final List<String> bases = new ArrayList<>();
    private final Set<String> programs = new TreeSet<>(STARTED_BY_SHELLS);
    private final List<NamedFile> files = new ArrayList<>();
    private final Set<String> writes = new LinkedHashSet<>();
    private final Set<String> secrets = new LinkedHashSet<>();
    private final Set<String> namedHosts = new LinkedHashSet<>();
    private final Set<String> contacts = new LinkedHashSet<>();
    private final Set<String> hosts = new TreeSet<>();
    private final Set<String> environment = new LinkedHashSet<>();
    private final List<Mention> mentions = new ArrayList<>();
    private final Set<String> fetched = new LinkedHashSet<>();
    private boolean typed;
    private boolean overflown;
    private boolean anyProgram;
    private boolean anyWrite;
    private boolean anyHost;

    private Footprints(String cwd, String home) {
        this.home = home;
        bases.add(cwd);
    }

    /**
     * Of a shell command.
     *
     * @param cwd where it runs, absolute
     * @param home what {@code ~} stands for, absolute; may be empty
     */
    public static Footprint ofCommand(String command, String cwd, String home) {
        Footprints footprints = new Footprints(cwd, home);
        ShellCommands commands = ShellCommands.of(command);
        footprints.add(commands, command);
        return footprints.build(commands.uninspectable());
    }

    /**
     * Of what is typed into a program that runs already, as a shell would take it. What is no text of a shell may be meant for another
     * program, and is not asked about for that.
     *
     * @param cwd and {@code home} as of a command; where the program is by now nobody knows
     */
    public static Footprint ofTyped(String text, String cwd, String home) {
        Footprints footprints = new Footprints(cwd, home);
        footprints.typed = true;
        ShellCommands commands = ShellCommands.of(text);
        footprints.add(commands, text);
        footprints.open();
        return footprints.build(commands.uninspectable());
    }

    /**
     * Of a tool that is no shell.
     *
     * @param paths the files that its arguments name
     * @param arguments its arguments as JSON, for the addresses in them
     */
    public static Footprint ofTool(String tool, List<String> paths, String arguments, String cwd, String home) {
        Footprints footprints = new Footprints(cwd, home);
        boolean writes = EDITING_TOOLS.contains(tool);
        for (String path : paths) {
            footprints.file(exactly(path), writes);
        }
        if (FETCHING.matcher(tool).find()) {
            footprints.urls(arguments, true);
        }
        if (tool.startsWith(SERVERS_TOOL)) {
            footprints.open();
        }
        return footprints.build(List.of());
    }

    private static Argument exactly(String path) {
        return new Argument(path, true, List.of());
    }

    /** The scopes that a started program falls into by its arguments. */
    public static List<Mention> mentions(String binary, List<String> arguments) {
        Footprints footprints = new Footprints("/", "");
        footprints.invocation(new Invocation(
                0,
                binary,
                arguments.stream().map(Footprints::exactly).toList(),
                List.of(),
                List.of(),
                List.of(),
                List.of()));
        return List.copyOf(footprints.mentions);
    }

    private Footprint build(List<Uninspectable> found) {
        List<Uninspectable> uninspectable = new ArrayList<>(found);
        if (overflown) {
            open();
            Uninspectable rest = new Uninspectable(Reason.TOO_LARGE, 0, "more names than the first " + MAX_NAMED);
            uninspectable.add(rest);
            mentions.add(new Mention(Scope.UNREADABLE, rest.toString()));
        }
        return new Footprint(
                Set.copyOf(programs),
                anyProgram,
                files,
                List.copyOf(writes),
                anyWrite,
                List.copyOf(secrets),
                List.copyOf(namedHosts),
                List.copyOf(contacts),
                Set.copyOf(hosts),
                anyHost,
                bases.subList(1, bases.size()),
                List.copyOf(environment),
                mentions,
                uninspectable);
    }

    private void open() {
        anyProgram = true;
        anyWrite = true;
        anyHost = true;
    }

    private void add(ShellCommands commands, String text) {
        commands.invocations().forEach(this::invocation);
        for (Redirected redirected : commands.redirections()) {
            if (redirected.reads() || redirected.writes()) {
                file(redirected.target(), redirected.writes());
            }
        }
        for (Argument script : commands.scripts()) {
            file(script, false);
            open();
        }
        if (!commands.uninspectable().isEmpty()) {
            open();
        }
        Set<Scope> told = EnumSet.noneOf(Scope.class);
        for (Uninspectable part : commands.uninspectable()) {
            Scope scope = typed && part.reason() == Reason.SYNTAX ? Scope.UNINSPECTABLE : scope(part.reason());
            if (scope == Scope.DOWNLOADED_CODE || told.add(scope)) {
                mention(scope, part.toString());
            }
            if (part.reason() == Reason.CHANGED_ENVIRONMENT) {
                variable(part.detail());
            }
        }
        if (commands.invocations().stream()
                .anyMatch(one -> one.name().startsWith("apply") && one.name().endsWith("patch"))) {
            Matcher patched = PATCHED.matcher(text);
            // A patch that comes from elsewhere may change anything.
            anyWrite |= !patched.find();
            patched.reset();
            while (patched.find()) {
                file(exactly(patched.group(1).strip()), true);
            }
        }
        runsWhatItFetched(commands);
    }

    private static Scope scope(Reason reason) {
        return switch (reason) {
            case DOWNLOADED_CODE, DECODED_CODE -> Scope.DOWNLOADED_CODE;
            case SYNTAX, TOO_LONG, TOO_DEEP, TOO_LARGE -> Scope.UNREADABLE;
            case COMPUTED_COMMAND, COMPUTED_TEXT, PIPED_TEXT, FOREIGN_CODE, CHANGED_ENVIRONMENT -> Scope.UNINSPECTABLE;
        };
    }

    /** A file that the same command has downloaded is run. */
    private void runsWhatItFetched(ShellCommands commands) {
        Set<String> run = new LinkedHashSet<>();
        commands.scripts().forEach(script -> run.addAll(resolved(script.text())));
        commands.invocations().stream()
                .map(Invocation::program)
                .filter(program -> program.contains("/"))
                .forEach(program -> run.addAll(resolved(program)));
        fetched.stream()
                .filter(run::contains)
                .findFirst()
                .ifPresent(program -> mention(Scope.DOWNLOADED_CODE, program + " is downloaded and run"));
    }

    private void invocation(Invocation invocation) {
        String name = invocation.name();
        programs.add(name);
        programs.add(Tools.stem(name));
        invocation.wrappers().forEach(programs::add);
        invocation.wrappers().stream()
                .filter(PRIVILEGED::contains)
                .findFirst()
                .ifPresent(wrapper -> mention(Scope.PRIVILEGE, wrapper + " " + name));
        invocation.assignments().forEach(assignment -> variable(assignment.text()));
        if (EXPORTING.contains(name)) {
            invocation.arguments().forEach(argument -> variable(argument.text()));
        }
        if (STARTED_BY_SHELLS.contains(name)) {
            if (asksForCommands(invocation)) {
                open();
            }
            return;
        }
        Optional<Tool> known = name.isEmpty() ? Optional.empty() : Tools.named(name);
        if (known.isEmpty()) {
            open();
            invocation.arguments().forEach(argument -> urls(argument.text(), false));
            return;
        }
        if (name.equals("cd") || name.equals("pushd")) {
            changeFolder(invocation.arguments());
            return;
        }
        words(known.get(), invocation);
    }

    /** A shell without a text: what it is given later, nobody knows. Its texts and files are read, or named as what they are. */
    private static boolean asksForCommands(Invocation shell) {
        return shell.upstream().isEmpty()
                && shell.arguments().stream()
                        .allMatch(argument -> argument.text().startsWith("-"))
                && shell.redirections().stream()
                        .noneMatch(redirected -> redirected.operator().startsWith("<"));
    }

    private void changeFolder(List<Argument> arguments) {
        Argument target = arguments.stream()
                .filter(argument -> !argument.text().startsWith("-"))
                .findFirst()
                .orElse(exactly(arguments.isEmpty() ? "~" : Argument.UNKNOWN));
        for (String folder : resolved(target.text())) {
            if (bases.contains(folder)) {
                continue;
            }
            if (bases.size() < MAX_BASES) {
                bases.add(folder);
            } else {
                overflown = true;
            }
        }
    }

    private void words(Tool program, Invocation invocation) {
        List<Argument> operands = new ArrayList<>();
        List<Argument> texts = invocation.arguments();
        int named = files.size();
        boolean onlyOperands = false;
        boolean written = false;
        for (int i = 0; i < texts.size(); i++) {
            Argument argument = texts.get(i);
            String text = argument.text();
            int equals = text.indexOf('=');
            String option = equals > 0 ? text.substring(0, equals) : text;
            Tool.OptionValue value = program.options().get(option);
            written |= program.written().stream().anyMatch(flag -> text.startsWith(flag) || isClustered(flag, text));
            if (!onlyOperands && text.equals("--")) {
                onlyOperands = true;
            } else if (!onlyOperands && value != null && equals > 0) {
                option(value, argument.value());
            } else if (!onlyOperands && value != null && text.startsWith("-")) {
                if (i + 1 < texts.size()) {
                    i++;
                    option(value, texts.get(i));
                }
            } else if (!onlyOperands && text.startsWith("-") && text.length() > 1) {
                Optional<OptionValue> next = attachedValue(program, argument);
                if (next.isPresent() && i + 1 < texts.size()) {
                    i++;
                    option(next.get(), texts.get(i));
                }
            } else {
                operands.add(argument);
            }
        }
        Tool tool = program;
        if (program.operands() == Operands.SUBCOMMAND || program.operands() == Operands.GOALS) {
            long considered = program.operands() == Operands.GOALS ? operands.size() : 1;
            tool = operands.stream()
                    .map(Argument::text)
                    .filter(word -> !word.startsWith("+"))
                    .limit(considered)
                    .map(program.subcommands()::get)
                    .filter(subcommand -> subcommand != null)
                    .findFirst()
                    .orElse(program);
        }
        needs(tool, invocation.name(), texts);
        operands(tool, operands, written);
        if (tool.operands() == Operands.URL) {
            files.subList(named, files.size()).stream()
                    .filter(NamedFile::write)
                    .forEach(file -> fetched.add(file.path()));
            operands.stream()
                    .map(operand -> fileOf(operand.text()))
                    .filter(file -> !file.isEmpty())
                    .forEach(file -> fetched.addAll(resolved(file)));
            invocation.redirections().stream()
                    .filter(Redirected::writes)
                    .forEach(redirected ->
                            fetched.addAll(resolved(redirected.target().text())));
        }
        if (tool.anyHost() || tool.connects() || !tool.hosts().isEmpty()) {
            boolean connects = tool.connects();
            texts.forEach(argument -> urls(argument.text(), connects));
            operands.stream()
                    .map(operand -> REMOTE.matcher(operand.text()))
                    .filter(remote -> remote.matches() && remote.group().contains("@"))
                    .forEach(remote -> name(remote.group(1), connects));
        }
    }

    /** The name under which a download is kept. */
    private static String fileOf(String address) {
        int end = 0;
        while (end < address.length() && "?#*".indexOf(address.charAt(end)) < 0) {
            end++;
        }
        return address.substring(address.lastIndexOf('/', end - 1) + 1, end);
    }

    private void needs(Tool tool, String name, List<Argument> words) {
        anyProgram |= tool.anyChild();
        programs.addAll(tool.children());
        anyWrite |= tool.writesWorkspace();
        tool.files().forEach(glob -> writes.add(homed(glob)));
        tool.secrets().forEach(glob -> secrets.add(homed(glob)));
        anyHost |= tool.anyHost();
        hosts.addAll(tool.hosts());
        List<String> texts = words.stream().map(Argument::text).toList();
        tool.scoped()
                .filter(scoped -> scoped.covers(texts))
                .ifPresent(scoped -> mention(scoped.scope(), name + " " + String.join(" ", texts)));
    }

    private void operands(Tool tool, List<Argument> operands, boolean written) {
        int last = operands.size() - 1;
        for (int i = 0; i <= last; i++) {
            Argument operand = operands.get(i);
            switch (tool.operands()) {
                case READ -> file(operand, written);
                case WRITE -> file(operand, true);
                case COPY -> file(operand, i == last);
                case SCRIPT -> {
                    if (i > 0) {
                        file(operand, written);
                    }
                }
                case URL -> host(operand.text());
                case NONE, SUBCOMMAND, GOALS -> {}
            }
        }
    }

    private void option(OptionValue value, Argument argument) {
        switch (value) {
            case READ -> file(argument, false);
            case WRITE -> file(argument, true);
            case DATA -> {
                int at = argument.text().indexOf('@');
                if (at >= 0 && (at == 0 || argument.text().charAt(at - 1) == '=')) {
                    file(new Argument(argument.text().substring(at + 1), argument.exact(), List.of()), false);
                }
            }
            case FOLDER -> changeFolder(List.of(argument));
            case TEXT -> {}
        }
    }

    /** {@code -i} in {@code -Ei}. */
    private static boolean isClustered(String flag, String text) {
        return flag.length() == 2
                && !text.startsWith("--")
                && text.matches("-[A-Za-z]+")
                && text.indexOf(flag.charAt(1)) > 0;
    }

    /**
     * {@code -oFILE}, and {@code -fsSLoFILE}: letters, the first of which that takes a value has what follows.
     *
     * @return of {@code -fsSLo}, the meaning of the next word
     */
    private Optional<OptionValue> attachedValue(Tool tool, Argument argument) {
        String text = argument.text();
        for (int i = 1; i < text.length() && !text.startsWith("--") && Character.isLetter(text.charAt(i)); i++) {
            OptionValue value = tool.options().get("-" + text.charAt(i));
            if (value != null && i + 1 == text.length()) {
                return Optional.of(value);
            }
            if (value != null) {
                option(value, new Argument(text.substring(i + 1), argument.exact(), List.of()));
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private void file(Argument argument, boolean write) {
        String text = argument.text();
        if (text.isEmpty() || text.equals("-") || text.contains("://")) {
            return;
        }
        if (files.size() >= MAX_NAMED) {
            overflown = true;
            return;
        }
        Matcher remote = REMOTE.matcher(text);
        if (remote.matches() && !text.startsWith("/") && !text.startsWith("./")) {
            name(remote.group(1), true);
            return;
        }
        Matcher device = DEVICE.matcher(text);
        if (device.matches()) {
            name(device.group(1), true);
            return;
        }
        List<String> paths = resolved(text);
        for (String path : paths) {
            files.add(new NamedFile(path, argument.exact() && paths.size() == 1 && !path.contains("*"), write));
        }
    }

    private void urls(String text, boolean connects) {
        Matcher url = URL.matcher(text);
        while (!overflown && url.find()) {
            name(url.group(1), connects);
        }
    }

    /** An address without a scheme. */
    private void host(String text) {
        Matcher bare = BARE_HOST.matcher(text);
        if (!text.contains("://") && bare.matches() && !FILE_NAME.matcher(text).matches()) {
            // A word alone may be the value of an option that nobody knows.
            boolean address = bare.group(1).contains(".")
                    || text.contains(":")
                    || NUMBER.matcher(bare.group(1)).matches();
            name(bare.group(1), address);
        }
    }

    private void name(String host, boolean connects) {
        String plain = host.toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]|\\.$", "");
        if (plain.contains("*") || plain.contains("$")) {
            anyHost = true;
        } else if (namedHosts.size() >= MAX_NAMED) {
            overflown = true;
        } else {
            namedHosts.add(plain);
            if (connects) {
                contacts.add(plain);
            }
        }
    }

    private void variable(String text) {
        String name = text.replaceFirst("(?s)=.*", "");
        if (text.startsWith("-") || name.isEmpty() || environment.size() >= MAX_VARIABLES) {
            return;
        }
        String line = text.length() <= MAX_VARIABLE ? text : text.substring(0, MAX_VARIABLE) + "…";
        if (environment.add(line)
                && (STEERING.matcher(name).matches()
                        || STEERING_BY_VALUE.matcher(text).matches())) {
            mention(Scope.ENVIRONMENT, line);
        }
    }

    private void mention(Scope scope, String what) {
        if (mentions.size() < MAX_NAMED) {
            mentions.add(new Mention(scope, what));
        } else {
            overflown = true;
        }
    }

    private String homed(String glob) {
        return glob.startsWith("~/") ? home + glob.substring(1) : glob;
    }

    /** The absolute names that a name may mean, one for each folder that it may be in. */
    private List<String> resolved(String text) {
        if (text.equals("~") || text.startsWith("~/")) {
            return List.of(normalised(home + text.substring(1)));
        }
        if (text.startsWith("/")) {
            return List.of(normalised(text));
        }
        if (text.startsWith(Argument.UNKNOWN)) {
            return List.of(text);
        }
        if (text.startsWith("~")) {
            return List.of(normalised("/home/" + text.substring(1)));
        }
        return bases.stream()
                .map(base -> normalised(base + "/" + text))
                .distinct()
                .toList();
    }

    /** An absolute path without {@code .}, {@code ..} and doubled slashes. */
    public static String normalised(String path) {
        Deque<String> names = new ArrayDeque<>();
        for (String name : path.split("/", -1)) {
            if (name.equals("..")) {
                names.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.addLast(name);
            }
        }
        return "/" + String.join("/", names);
    }
}
